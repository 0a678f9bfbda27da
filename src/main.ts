import { fail, serve } from './server/serve.ts';

await serve(process.env).catch(fail);
