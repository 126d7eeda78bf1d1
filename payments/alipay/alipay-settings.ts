import type { KeyObject } from 'node:crypto';

/** One application of one merchant at Alipay's open platform, with plain keys (普通公钥方式). */
export interface AlipaySettings {
  /** `https://openapi.alipay.com/gateway.do`. */
  readonly gateway: string;
  /** Where bills lie: `https://dwbillcenter.alipay.com`, without a slash at the end. */
  readonly billOrigin: string;
  /** `app_id`. */
  readonly application: string;
  /** The merchant's PID, `2088…`: `seller_id` in notifications, the account in bills. */
  readonly merchant: string;
  /** Of the application. */
  readonly privateKey: KeyObject;
  /** Alipay's public keys for the application; the next one may stand beside the old one. */
  readonly platformKeys: readonly KeyObject[];
  /** Where notifications go. */
  readonly notifyUrl: string;
  readonly timeoutMs: number;
  readonly nowMs: () => number;
}
