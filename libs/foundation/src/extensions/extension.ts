/** What can be added to, besides stages. Each name is a member of a plug-in. */
export const EXTENSION_POINTS = [
  'lossTerms',
  'lossKinds',
  'teacherSignals',
  'optimizers',
  'schedules',
  'metrics',
  'taskFormats',
  'modelFamilies',
  'exportFormats',
] as const;

export type ExtensionPointName = (typeof EXTENSION_POINTS)[number];

/** What every object that extends a point has. The point's owner adds the functions that it calls. */
export interface Extension {
  /** As pipeline files write it, in camelCase. */
  readonly name: string;
  readonly description: string;
  /** Of its settings: closed, every property described, no `$ref`. Missing where it has none. */
  readonly schema?: ExtensionSchema;
}

export type ExtensionSchema = Readonly<Record<string, unknown>>;

/** Everything that a plug-in brings, by extension point. */
export type Extensions = Readonly<Partial<Record<ExtensionPointName, readonly Extension[]>>>;
