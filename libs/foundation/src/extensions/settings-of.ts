/** The type of settings that a schema (`as const`) describes, once its defaults are filled in. */
export type SettingsOf<Schema> = Schema extends { readonly const: infer Value }
  ? Value
  : Schema extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : Schema extends { readonly oneOf: readonly (infer Branch)[] }
      ? SettingsOf<Branch>
      : Schema extends { readonly type: 'integer' | 'number' }
        ? number
        : Schema extends { readonly type: 'boolean' }
          ? boolean
          : Schema extends { readonly type: 'string' }
            ? string
            : Schema extends { readonly items: infer Items }
              ? readonly SettingsOf<Items>[]
              : Schema extends { readonly properties: infer Properties }
                ? Members<Properties, Given<Schema, Properties>>
                : unknown;

type Members<Properties, Names extends keyof Properties> = {
  readonly [Name in Names]: SettingsOf<Properties[Name]>;
} & { readonly [Name in Exclude<keyof Properties, Names>]?: SettingsOf<Properties[Name]> };

/** What is required or has a default. */
type Given<Schema, Properties> = {
  [Name in keyof Properties]: Properties[Name] extends { readonly default: unknown }
    ? Name
    : Schema extends { readonly required: readonly (infer Required)[] }
      ? Name & Required
      : never;
}[keyof Properties];
