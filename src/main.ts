import { fail, serve } from './serve.ts';

await serve(process.env).catch(fail);
