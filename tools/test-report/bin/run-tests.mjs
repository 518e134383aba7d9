#!/usr/bin/env node
import { runTests } from '../src/run-tests.mjs';

process.exitCode = await runTests(process.argv.slice(2));
