import type { KeyObject } from 'node:crypto';

/** One merchant's account at WeChat Pay, APIv3, of the kind 普通商户. */
export interface WechatSettings {
  /** `https://api.mch.weixin.qq.com`, without a slash at the end. */
  readonly url: string;
  /** `mchid`. */
  readonly merchant: string;
  /** `appid` that is bound to the merchant. */
  readonly application: string;
  /** Serial number of the merchant's API certificate, in hexadecimal. */
  readonly certificateSerial: string;
  /** Of the merchant's API certificate. */
  readonly privateKey: KeyObject;
  /**
   * WeChat's public keys by what the header `Wechatpay-Serial` calls them: `PUB_KEY_ID_…`, or the serial
   * number of a platform certificate. Several at once, since old and new ones overlap for days.
   */
  readonly platformKeys: ReadonlyMap<string, KeyObject>;
  /** The APIv3 key, 32 bytes. */
  readonly apiV3Key: Uint8Array;
  /** Where notifications go; HTTPS and no query, WeChat asks for it. */
  readonly notifyUrl: string;
  readonly timeoutMs: number;
  readonly nowMs: () => number;
  /** Up to 32 letters and digits that were never used before. */
  readonly newNonce: () => string;
}
