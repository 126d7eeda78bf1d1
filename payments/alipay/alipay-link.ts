import { ProviderUnavailable } from '../provider.ts';
import { askProvider } from '../provider-request.ts';
import { AlipayKeys, type Fields } from './alipay-keys.ts';
import type { AlipaySettings } from './alipay-settings.ts';
import { membersOf } from './signed-answer.ts';

/** An answer whose signature was verified. `code` and `message` are of an error. */
export interface AlipayAnswer {
  readonly ok: boolean;
  readonly json: unknown;
  readonly code: string;
  readonly message: string;
}

/** 10000 is done, 40004 is a refusal of the business; all others say that nothing was looked at. */
const DONE = '10000';
const REFUSED = '40004';
/** Refusals that a moment later may be none. */
const PASSING = new Set(['ACQ.SYSTEM_ERROR', 'aop.ACQ.SYSTEM_ERROR', 'isp.unknow-error']);

/** Signs requests and believes only answers that Alipay has signed. */
export class AlipayLink {
  readonly keys: AlipayKeys;
  readonly #settings: AlipaySettings;

  constructor(settings: AlipaySettings) {
    this.#settings = settings;
    this.keys = new AlipayKeys(settings);
  }

  /** An address for the payer's browser, where the payer sees what Alipay says. */
  address(method: string, content: Fields, returnUrl: string): string {
    const { gateway, notifyUrl, nowMs } = this.#settings;
    const others = { notify_url: notifyUrl, return_url: returnUrl };
    return `${gateway}?${this.keys.signed(method, content, others, nowMs())}`;
  }

  /** `notified`: with the address for notifications. */
  async ask(method: string, content: Fields, notified = false): Promise<AlipayAnswer> {
    const { gateway, notifyUrl, nowMs, timeoutMs } = this.#settings;
    const others: Fields = notified ? { notify_url: notifyUrl } : {};
    const body = this.keys.signed(method, content, others, nowMs());
    const headers = {
      'content-type': 'application/x-www-form-urlencoded;charset=utf-8',
      'user-agent': 'billproof',
    };
    const reply = await askProvider({ method: 'POST', url: gateway, headers, body }, timeoutMs);
    if (reply.status !== 200) throw new ProviderUnavailable(`HTTP ${reply.status}`);
    return this.#read(method, reply.body);
  }

  /**
   * A file from an address that Alipay gave in an answer that was signed. Alipay gives no hash of it;
   * nothing of ours is sent along, and nothing to another host.
   */
  async download(address: string): Promise<Uint8Array> {
    const { billOrigin, timeoutMs } = this.#settings;
    const { origin, pathname, search } = new URL(address);
    if (origin !== new URL(billOrigin).origin) {
      throw new ProviderUnavailable('the file is said to be at another host');
    }
    const headers = { 'user-agent': 'billproof' };
    const url = `${origin}${pathname}${search}`;
    const reply = await askProvider({ method: 'GET', url, headers }, timeoutMs);
    if (reply.status !== 200) throw new ProviderUnavailable(`no file: HTTP ${reply.status}`);
    return reply.body;
  }

  #read(method: string, body: Uint8Array): AlipayAnswer {
    const members = membersOf(textOf(body));
    const text = members?.get(`${method.replaceAll('.', '_')}_response`);
    if (text === undefined) throw new ProviderUnavailable('an answer is to no question of ours');
    if (!this.keys.hasSigned(text, String(jsonOf(members?.get('sign') ?? '""')))) {
      throw new ProviderUnavailable('the signature of an answer is absent or wrong');
    }
    const json = jsonOf(text);
    const { code, sub_code: subCode, sub_msg: subMessage } = Object(json);
    const refusal = String(subCode ?? '');
    if (code === DONE) return { ok: true, json, code: '', message: '' };
    if (code !== REFUSED || PASSING.has(refusal)) {
      throw new ProviderUnavailable(`Alipay answered with ${String(code)} ${refusal}`.trimEnd());
    }
    return { ok: false, json, code: refusal, message: String(subMessage ?? '') };
  }
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new ProviderUnavailable('an answer is no text');
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProviderUnavailable('an answer is no JSON');
  }
}
