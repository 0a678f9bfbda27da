import type { ServerResponse } from 'node:http';
import type { Config } from '../../config/config.ts';
import type { RequestInfo } from '../../core/request.ts';
import { deviceCookieHeader } from './device-cookie.ts';
import type { Edge } from './edge.ts';
import type { Call, FetchReply, HttpReply } from './endpoint.ts';
import { isStream, type StreamSender } from './event-stream.ts';
import { sendResponse } from './fetch.ts';
import type { TimeLimit } from './time-limit.ts';
import { endTogether } from './together.ts';

/** Writes what endpoints answer, with the headers that every answer has. */
export interface ReplySender {
  readonly answer: (
    res: ServerResponse,
    call: Call,
    time: TimeLimit,
    reply: HttpReply | FetchReply,
  ) => Promise<void> | void;
  /** Cuts an answer that has begun. */
  readonly failure: (res: ServerResponse, info: RequestInfo, reply: HttpReply) => void;
}

/** Statuses whose answers have no body (RFC 9110 sections 15.3.5 and 15.4.5). */
const BODILESS: readonly number[] = [204, 304];

export function createReplySender(
  { publicUrl }: Config,
  edge: Edge,
  streams: StreamSender,
): ReplySender {
  const isHttps = publicUrl.startsWith('https:');
  /** A browser that signed in keeps its device token. */
  const deviceCookie = ({ answer }: RequestInfo) =>
    answer?.deviceToken && deviceCookieHeader(answer.deviceToken, isHttps);

  const write = (
    res: ServerResponse,
    info: RequestInfo,
    { status, headers = {}, body = '' }: HttpReply,
    setCookie?: string,
  ) => {
    const own: string[] = [];
    for (const name in headers) own.push(name, headers[name] as string);
    if (headers['cache-control'] === undefined) own.push('cache-control', 'no-store');
    if (setCookie !== undefined) own.push('set-cookie', setCookie);
    if (!BODILESS.includes(status)) own.push('content-length', String(Buffer.byteLength(body)));
    res.writeHead(status, edge.rawHeaders(info, own));
    if (typeof body === 'string') endTogether(res, body);
    else res.end(body);
  };

  const writeResponse = async (
    res: ServerResponse,
    { info, actor, body }: Call,
    time: TimeLimit,
    response: Response,
  ) => {
    edge.setHeaders(res, info);
    const setCookie = deviceCookie(info);
    if (setCookie !== undefined) res.appendHeader('set-cookie', setCookie);
    time.met();
    if (!isStream(response)) return sendResponse(res, response);
    const requestBytes = body?.byteLength ?? 0;
    return streams.send(res, response, { actor, ipAddress: info.ipAddress, requestBytes });
  };

  return {
    answer: (res, call, time, reply) =>
      'response' in reply
        ? writeResponse(res, call, time, reply.response)
        : write(res, call.info, reply, deviceCookie(call.info)),
    failure: (res, info, reply) => {
      if (!res.headersSent) write(res, info, reply);
      // A close would look like the end of the answer, where its length is not given.
      else if (res.socket) res.socket.resetAndDestroy();
      else res.destroy();
    },
  };
}
