import type { KeyObject, X509Certificate } from 'node:crypto';

/** One merchant's account at UnionPay's 全渠道 gateway, messages 5.1.0, signed with a certificate. */
export interface UnionPaySettings {
  /** `https://gateway.95516.com`, without a slash at the end. */
  readonly url: string;
  /** `https://filedownload.95516.com`: settlement files come from another host. */
  readonly fileUrl: string;
  /** `merId`, 15 characters. */
  readonly merchant: string;
  /** Of the merchant's signing certificate. */
  readonly privateKey: KeyObject;
  /** The merchant's signing certificate; its serial number is `certId`. */
  readonly certificate: X509Certificate;
  /** The root certificates that UnionPay has published. */
  readonly roots: readonly X509Certificate[];
  /** The intermediate ones; several at once, since old and new ones overlap. */
  readonly intermediates: readonly X509Certificate[];
  /** Whose certificates count, by the third part of their common name: see `UNIONPAY_HOLDER`. */
  readonly holders: readonly string[];
  /** Where back notifications go. */
  readonly notifyUrl: string;
  readonly timeoutMs: number;
  readonly nowMs: () => number;
}

/** In production; in UnionPay's test environment it is `00040000:SIGN`. */
export const UNIONPAY_HOLDER = '中国银联股份有限公司';
