#!/usr/bin/env node
import { serve } from './commands/serve.js';

process.exitCode = await serve({});
