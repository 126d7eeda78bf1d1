import { chinaDigits } from '../china-time.ts';
import { ProviderUnavailable } from '../provider.ts';
import { askProvider } from '../provider-request.ts';
import { type ChainFinding, certificateId, judgeCertificate } from './certificate-chain.ts';
import { formText, readAnswerText } from './form-text.ts';
import { type Fields, isSignedBy, signFields } from './message-signature.ts';
import type { UnionPaySettings } from './unionpay-settings.ts';

/** What a message's signature was found to be. */
export type MessageFinding =
  | Exclude<ChainFinding['kind'], 'trusted'>
  | 'valid'
  | 'absent'
  | 'wrong';

/** Signs messages and believes only answers that UnionPay has signed. */
export class UnionPayLink {
  readonly #settings: UnionPaySettings;

  constructor(settings: UnionPaySettings) {
    this.#settings = settings;
  }

  /** A message of ours with the fields that all of them have, signed. */
  signed(fields: Fields): Fields {
    const { merchant, certificate, privateKey } = this.#settings;
    const common = {
      version: '5.1.0',
      encoding: 'UTF-8',
      signMethod: '01',
      certId: certificateId(certificate),
      accessType: '0',
      merId: merchant,
    };
    return signFields({ ...common, ...fields }, privateKey);
  }

  query(orderId: string, txnTime: string): Promise<Fields> {
    const type = { txnType: '00', txnSubType: '00', bizType: '000000' };
    return this.#ask(`${this.#settings.url}/gateway/api/queryTrans.do`, {
      ...type,
      orderId,
      txnTime,
    });
  }

  back(fields: Fields): Promise<Fields> {
    return this.#ask(`${this.#settings.url}/gateway/api/backTransReq.do`, fields);
  }

  /** Type 00 is the file of transactions; `settleDate` has no year. */
  file(day: string): Promise<Fields> {
    const { fileUrl, nowMs } = this.#settings;
    return this.#ask(`${fileUrl}/`, {
      ...{ txnType: '76', txnSubType: '01', bizType: '000000', fileType: '00' },
      settleDate: day.slice(5).replace('-', ''),
      txnTime: chinaDigits(nowMs()),
    });
  }

  /** Whether UnionPay has signed a message, with a certificate that stands on our roots. */
  judge(fields: Fields, nowMs: number): MessageFinding {
    const { signPubKeyCert = '', signature = '', version, signMethod } = fields;
    if (signPubKeyCert === '' || signature === '') return 'absent';
    if (version !== '5.1.0' || signMethod !== '01') return 'absent';
    const found = judgeCertificate(signPubKeyCert, this.#settings, nowMs);
    if (found.kind !== 'trusted') return found.kind;
    return isSignedBy(fields, found.key) ? 'valid' : 'wrong';
  }

  async #ask(url: string, fields: Fields): Promise<Fields> {
    const { timeoutMs, nowMs, merchant } = this.#settings;
    const headers = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' };
    const body = formText(this.signed(fields));
    const reply = await askProvider({ method: 'POST', url, headers, body }, timeoutMs);
    if (reply.status !== 200) throw new ProviderUnavailable(`HTTP ${reply.status}`);
    const answer = readAnswerText(new TextDecoder().decode(reply.body));
    if (answer === undefined) throw new ProviderUnavailable('an answer is no message');
    const finding = this.judge(answer, nowMs());
    if (finding !== 'valid') {
      throw new ProviderUnavailable(`the signature of an answer is ${finding}`);
    }
    if (answer['merId'] !== undefined && answer['merId'] !== merchant) {
      throw new ProviderUnavailable('an answer is for another merchant');
    }
    // A signed answer to another question is no answer to this one.
    for (const name of ['orderId', 'txnTime', 'settleDate']) {
      if (fields[name] === undefined || answer[name] === undefined) continue;
      if (fields[name] !== answer[name]) throw new ProviderUnavailable('an answer to another ask');
    }
    return answer;
  }
}
