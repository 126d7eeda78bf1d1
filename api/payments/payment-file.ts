import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from 'node:crypto';
import { z } from 'zod';
import type { PaymentProvider } from '../../payments/provider.ts';
import { UNIONPAY_HOLDER } from '../../payments/unionpay/unionpay-settings.ts';
import { type Complain, readSettingsFile } from '../anchor/settings-file.ts';

const FILE = z.string().min(1);
const HTTPS = z.string().regex(/^https:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?$/, 'https://… is expected');
const DIGITS = z.string().regex(/^[0-9]{6,20}$/, 'digits are expected');
/** Paths are relative to the file itself. What each member is stands in docs/payments.md. */
const PAYMENTS = z.strictObject({
  /** Takes payments that fit no order of any site. */
  fallbackSite: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
    .optional(),
  wechat: z
    .strictObject({
      url: HTTPS.default('https://api.mch.weixin.qq.com'),
      merchant: DIGITS,
      application: z.string().regex(/^wx[0-9A-Za-z]{6,30}$/, 'wx… is expected'),
      certificateSerial: z.string().regex(/^[0-9A-F]{8,40}$/, 'hexadecimal digits are expected'),
      privateKey: FILE,
      platformKeys: z.record(z.string().regex(/^[0-9A-Za-z_]{8,80}$/), FILE),
      apiV3Key: FILE,
    })
    .optional(),
  alipay: z
    .strictObject({
      gateway: z
        .string()
        .regex(/^https:\/\/[A-Za-z0-9.-]+\/[A-Za-z0-9./_-]*$/, 'https://…/gateway.do is expected')
        .default('https://openapi.alipay.com/gateway.do'),
      billOrigin: HTTPS.default('https://dwbillcenter.alipay.com'),
      application: DIGITS,
      merchant: z.string().regex(/^2088[0-9]{12}$/, '2088 and 12 digits are expected'),
      privateKey: FILE,
      platformKeys: z.array(FILE).min(1),
    })
    .optional(),
  stripe: z
    .strictObject({
      url: HTTPS.default('https://api.stripe.com'),
      secretKey: FILE,
      account: z.string().regex(/^acct_[0-9A-Za-z]{8,40}$/, 'acct_… is expected'),
      live: z.boolean(),
      webhookSecrets: z.array(FILE).min(1),
      currencies: z.array(z.string().regex(/^[A-Z]{3}$/)).min(1),
    })
    .optional(),
  unionpay: z
    .strictObject({
      url: HTTPS.default('https://gateway.95516.com'),
      fileUrl: HTTPS.default('https://filedownload.95516.com'),
      merchant: z.string().regex(/^[0-9A-Za-z]{15}$/, '15 characters are expected'),
      privateKey: FILE,
      certificate: FILE,
      roots: z.array(FILE).min(1),
      intermediates: z.array(FILE).min(1),
      holders: z.array(z.string().min(1)).min(1).default([UNIONPAY_HOLDER]),
    })
    .optional(),
});

/** After so long without an answer of a provider nothing is known. */
const TIMEOUT_MS = 10_000;
const API_V3_KEY_BYTES = 32;

export interface PaymentSettings {
  readonly fallbackSite: string | undefined;
  /** The providers, told to notify `<webhooks>/<name>`. */
  providers(webhooks: string, nowMs: () => number): Promise<PaymentProvider[]>;
}

/** A provider's library is loaded only where it has an account: each costs a start a fifth of a second. */
type Make = (webhooks: string, nowMs: () => number) => Promise<PaymentProvider>;

/** The merchant's accounts that a file describes. What is wrong goes to `complain`; nothing of a key does. */
export function readPaymentSettings(path: string, complain: Complain): PaymentSettings | undefined {
  const file = readSettingsFile(path, PAYMENTS, complain);
  if (file === undefined) return undefined;
  const { settings } = file;
  const keys = new KeyFiles(file.read, complain);
  const made: (Make | undefined)[] = [
    settings.wechat && wechatOf(settings.wechat, keys),
    settings.unionpay && unionPayOf(settings.unionpay, keys),
    settings.alipay && alipayOf(settings.alipay, keys),
    settings.stripe && stripeOf(settings.stripe, keys),
  ];
  const makers = made.filter((make) => make !== undefined);
  if (makers.length === 0) complain('it names no provider that is whole');
  return {
    fallbackSite: settings.fallbackSite,
    providers: (webhooks, nowMs) => Promise.all(makers.map((make) => make(webhooks, nowMs))),
  };
}

type Wechat = NonNullable<z.output<typeof PAYMENTS>['wechat']>;
type UnionPay = NonNullable<z.output<typeof PAYMENTS>['unionpay']>;
type Alipay = NonNullable<z.output<typeof PAYMENTS>['alipay']>;
type Stripe = NonNullable<z.output<typeof PAYMENTS>['stripe']>;

function wechatOf(settings: Wechat, keys: KeyFiles): Make | undefined {
  const privateKey = keys.secret(settings.privateKey);
  const apiV3Key = keys.bytes(settings.apiV3Key, API_V3_KEY_BYTES);
  const platformKeys = new Map<string, KeyObject>();
  for (const [name, file] of Object.entries(settings.platformKeys)) {
    const key = keys.open(file);
    if (key !== undefined) platformKeys.set(name, key);
  }
  if (privateKey === undefined || apiV3Key === undefined) return undefined;
  const { url, merchant, application, certificateSerial } = settings;
  return async (webhooks, nowMs) => {
    const { WechatProvider } = await import('../../payments/wechat/wechat-provider.ts');
    return new WechatProvider({
      ...{ url, merchant, application, certificateSerial, privateKey, platformKeys, apiV3Key },
      ...{ notifyUrl: `${webhooks}/wechat`, timeoutMs: TIMEOUT_MS, nowMs },
      newNonce: () => randomBytes(16).toString('hex'),
    });
  };
}

function unionPayOf(settings: UnionPay, keys: KeyFiles): Make | undefined {
  const privateKey = keys.secret(settings.privateKey);
  const certificate = keys.certificate(settings.certificate);
  const roots = settings.roots.flatMap((file) => keys.certificate(file) ?? []);
  const intermediates = settings.intermediates.flatMap((file) => keys.certificate(file) ?? []);
  if (privateKey === undefined || certificate === undefined) return undefined;
  if (!certificate.checkPrivateKey(privateKey)) {
    keys.complain(`${settings.privateKey} is not the key of ${settings.certificate}`);
  }
  const { url, fileUrl, merchant, holders } = settings;
  return async (webhooks, nowMs) => {
    const { UnionPayProvider } = await import('../../payments/unionpay/unionpay-provider.ts');
    return new UnionPayProvider({
      ...{ url, fileUrl, merchant, privateKey, certificate, roots, intermediates, holders },
      ...{ notifyUrl: `${webhooks}/unionpay`, timeoutMs: TIMEOUT_MS, nowMs },
    });
  };
}

function alipayOf(settings: Alipay, keys: KeyFiles): Make | undefined {
  const privateKey = keys.secret(settings.privateKey);
  const platformKeys = settings.platformKeys.flatMap((file) => keys.open(file) ?? []);
  if (privateKey === undefined || platformKeys.length === 0) return undefined;
  const { gateway, billOrigin, application, merchant } = settings;
  return async (webhooks, nowMs) => {
    const { AlipayProvider } = await import('../../payments/alipay/alipay-provider.ts');
    return new AlipayProvider({
      ...{ gateway, billOrigin, application, merchant, privateKey, platformKeys },
      ...{ notifyUrl: `${webhooks}/alipay`, timeoutMs: TIMEOUT_MS, nowMs },
    });
  };
}

/** Stripe notifies the address that is set in its dashboard. */
function stripeOf(settings: Stripe, keys: KeyFiles): Make | undefined {
  const secretKey = keys.word(settings.secretKey, /^[rs]k_[0-9A-Za-z_]{8,200}$/);
  const webhookSecrets = settings.webhookSecrets.flatMap(
    (file) => keys.word(file, /^whsec_[0-9A-Za-z+/=_-]{8,200}$/) ?? [],
  );
  if (secretKey === undefined || webhookSecrets.length === 0) return undefined;
  const { url, account, live, currencies } = settings;
  return async (_, nowMs) => {
    const { StripeProvider } = await import('../../payments/stripe/stripe-provider.ts');
    return new StripeProvider({
      ...{ url, secretKey, account, live, webhookSecrets, currencies },
      ...{ timeoutMs: TIMEOUT_MS, nowMs },
    });
  };
}

/** Keys in files of their own; a file that cannot be read was complained of and is empty. */
class KeyFiles {
  readonly #read: (name: string) => string;
  readonly complain: Complain;

  constructor(read: (name: string) => string, complain: Complain) {
    this.#read = read;
    this.complain = complain;
  }

  secret(file: string): KeyObject | undefined {
    return this.#parsed(file, 'a private key in PEM', createPrivateKey);
  }

  open(file: string): KeyObject | undefined {
    return this.#parsed(file, 'a public key in PEM', createPublicKey);
  }

  certificate(file: string): X509Certificate | undefined {
    return this.#parsed(file, 'a certificate in PEM', (pem) => new X509Certificate(pem));
  }

  /** Text of exactly so many bytes. */
  bytes(file: string, length: number): Uint8Array | undefined {
    const text = this.#read(file).trim();
    if (text === '') return undefined;
    const bytes = Uint8Array.from(Buffer.from(text, 'utf8'));
    if (bytes.length === length) return bytes;
    this.complain(`${file} has ${bytes.length} bytes, ${length} are expected`);
    return undefined;
  }

  /** One word of this form. */
  word(file: string, form: RegExp): string | undefined {
    const text = this.#read(file).trim();
    if (text === '' || form.test(text)) return text === '' ? undefined : text;
    this.complain(`${file} does not have the form ${form.source}`);
    return undefined;
  }

  #parsed<T>(file: string, what: string, parse: (pem: string) => T): T | undefined {
    const pem = this.#read(file);
    if (pem === '') return undefined;
    try {
      return parse(pem);
    } catch {
      this.complain(`${file} is not ${what}`);
      return undefined;
    }
  }
}
