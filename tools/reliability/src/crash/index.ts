export { crash } from './crash-suite.ts';
