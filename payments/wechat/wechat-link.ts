import { ProviderUnavailable } from '../provider.ts';
import { askProvider, type ProviderReply } from '../provider-request.ts';
import type { WechatSettings } from './wechat-settings.ts';
import { authorization, judgeSignature } from './wechat-signature.ts';

/** An answer whose signature was verified. `code` and `message` are of an error. */
export interface WechatAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly json: unknown;
  readonly code: string;
  readonly message: string;
}

/** Signs requests and believes only answers that WeChat has signed. */
export class WechatLink {
  readonly #settings: WechatSettings;

  constructor(settings: WechatSettings) {
    this.#settings = settings;
  }

  get(target: string): Promise<WechatAnswer> {
    return this.#ask('GET', target, '');
  }

  post(target: string, json: unknown): Promise<WechatAnswer> {
    return this.#ask('POST', target, JSON.stringify(json));
  }

  /**
   * A file from an address that WeChat gave. WeChat signs no files: their hash came with the address,
   * in an answer that was signed. Nothing of ours is sent to another host.
   */
  async download(address: string): Promise<Uint8Array> {
    const { origin, pathname, search } = new URL(address);
    if (origin !== new URL(this.#settings.url).origin) {
      throw new ProviderUnavailable('the file is said to be at another host');
    }
    const reply = await this.#send('GET', `${pathname}${search}`, '');
    if (reply.status !== 200) throw new ProviderUnavailable(`no file: HTTP ${reply.status}`);
    return reply.body;
  }

  async #ask(method: 'GET' | 'POST', target: string, body: string): Promise<WechatAnswer> {
    const reply = await this.#send(method, target, body);
    const ok = reply.status < 300;
    this.#verify(reply, ok);
    const json = readJson(reply);
    const { code, message } = readError(json);
    if (!ok && code === '') {
      throw new ProviderUnavailable(`HTTP ${reply.status} without a code`);
    }
    return { ok, status: reply.status, json, code, message };
  }

  #send(method: 'GET' | 'POST', target: string, body: string): Promise<ProviderReply> {
    const { url, timeoutMs, nowMs, newNonce } = this.#settings;
    const signed = { method, target, body, atMs: nowMs(), nonce: newNonce() };
    const headers = {
      accept: 'application/json',
      'user-agent': 'billproof',
      authorization: authorization(this.#settings, signed),
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
    };
    const request = { method, url: `${url}${target}`, headers };
    return askProvider(method === 'POST' ? { ...request, body } : request, timeoutMs);
  }

  /**
   * Success is believed with a signature only. WeChat's own clients do not look for one at an error, so
   * it may be missing there; but one that is there must be right.
   */
  #verify(reply: ProviderReply, ok: boolean): void {
    const { platformKeys, nowMs } = this.#settings;
    const { kind } = judgeSignature(platformKeys, reply.headers, reply.body, nowMs());
    if (kind === 'valid' || (kind === 'absent' && !ok)) return;
    throw new ProviderUnavailable(`the signature of an answer is ${kind}`);
  }
}

function readJson({ body }: ProviderReply): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw new ProviderUnavailable('an answer is no JSON');
  }
}

function readError(json: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = Object(json);
  return {
    code: typeof code === 'string' ? code : '',
    message: typeof message === 'string' ? message : '',
  };
}
