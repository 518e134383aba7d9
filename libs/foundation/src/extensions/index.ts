export {
  EXTENSION_POINTS,
  type Extension,
  type ExtensionPointName,
  type ExtensionSchema,
  type Extensions,
} from './extension.ts';
export { type ExtensionPoint, extensionPoint } from './extension-point.ts';
export { modulesOf, perRegistration, registerExtensions, registeredAt } from './registered.ts';
export { type ChoiceOptions, choiceSchema, memberSchemas, nameSchema } from './schemas.ts';
export type { SettingsOf } from './settings-of.ts';
