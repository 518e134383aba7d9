import { extensionPoint } from '@retort/foundation/extensions';
import type { ExportFormat } from './format.ts';
import { huggingface } from './huggingface-folder.ts';
import { onnx, onnxInt8 } from './onnx-formats.ts';
import { tfjs } from './tfjs/graph-model.ts';

export const exportFormats = extensionPoint<ExportFormat>('exportFormats', [huggingface, onnx, onnxInt8, tfjs]);
