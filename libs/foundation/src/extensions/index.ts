export { EXTENSION_POINTS, type Extension, type ExtensionPointName, type Extensions } from './extension.ts';
export { type ExtensionPoint, extensionPoint } from './extension-point.ts';
export { modulesOf, perRegistration, registerExtensions } from './registered.ts';
export { choiceSchema, memberSchemas, nameSchema } from './schemas.ts';
