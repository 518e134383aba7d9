// A process of its own: pairs of artifacts as JSON on standard input, their measurements as JSON on standard output.
import { text } from 'node:stream/consumers';
import type { ArtifactMeasurement } from '@retort/pipeline-comparison';
import type { ArtifactPair } from './measure-artifacts.ts';
import { measureModels } from './models.ts';
import { measureReports } from './reports.ts';
import { measureSignals } from './signals.ts';

const MEASURES = { model: measureModels, signals: measureSignals, report: measureReports, history: measureReports };

const pairs = JSON.parse(await text(process.stdin)) as ArtifactPair[];
const measured: ArtifactMeasurement[] = [];
for (const { type, before, after } of pairs) measured.push(await MEASURES[type](before, after));
process.stdout.write(JSON.stringify(measured));
