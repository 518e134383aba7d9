#!/usr/bin/env node
import { runTests } from '../src/test-run/run-tests.mjs';

process.exitCode = await runTests(process.cwd(), process.argv.slice(2));
