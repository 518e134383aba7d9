export { objectPage } from './object-page.ts';
export { markdownOf, type ReferencePage, type ReferenceSection, settingsSection, tableSection } from './page.ts';
export { pipelinePage } from './pipeline-page.ts';
export { type SettingRow, settingRows } from './setting-rows.ts';
export { stagePage } from './stage-page.ts';
