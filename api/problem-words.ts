import type { RefusalParams } from '../ledger/core/refusal.ts';

/** Title in English, and what a Chinese reader is told: what is wrong and what to do. */
const WORDS: Readonly<Record<string, readonly [title: string, chinese: string]>> = {
  'bad-cursor': ['No cursor', '分页游标无效，请原样使用上一页返回的 next。'],
  'bad-request': ['Request not understood', '请求格式有误，请按 errors 中列出的各项修改。'],
  'bad-tariff': ['Tariff refused', '电价方案未通过检查，请按 errors 中列出的各项修改。'],
  'bad-tile-path': ['No tile path', '日志分片路径无效，请按 C2SP tlog-tiles 规范书写。'],
  'batch-too-large': ['Batch too large', '一个批次最多 {most} 条记录，请拆分后发送。'],
  'body-too-large': ['Body too large', '请求内容超过 {most} 字节的上限，请拆分后发送。'],
  'bridge-exists': ['Bridge exists', '该采集器编号已被使用，请换一个编号。'],
  'cursor-mismatch': ['Cursor of another list', '游标与当前筛选条件不符，请去掉游标重新查询。'],
  forbidden: ['Not allowed', '当前令牌的角色（{role}）无权进行此操作。'],
  'forbidden-site': ['Other site', '当前令牌属于另一个站点。'],
  'idempotency-key-bad': [
    'Bad idempotency key',
    'Idempotency-Key 须为 1 至 128 个可见 ASCII 字符。',
  ],
  'idempotency-key-missing': [
    'Idempotency key missing',
    '此请求须带 Idempotency-Key 请求头，以免重复执行。',
  ],
  'idempotency-mismatch': [
    'Idempotency key used before',
    '该 Idempotency-Key 已用于另一个请求，请换一个新的。',
  ],
  internal: ['Our mistake', '系统内部出错，与您的请求无关。请重试；若仍失败，请提供 requestId。'],
  'json-depth': ['JSON too deep', 'JSON 嵌套超过 {limit} 层，请减少层数。'],
  'json-syntax': ['No JSON', '请求内容不是有效的 JSON，请检查引号、逗号和括号。'],
  'json-utf8': ['No UTF-8', '请求内容不是 UTF-8 编码。'],
  'method-not-allowed': ['Method not allowed', '该地址不支持此方法，可用方法见 Allow 响应头。'],
  'no-checkpoint': ['No checkpoint yet', '该站点尚无签名检查点。'],
  'no-such-page': ['No such page', '没有这个地址，可用地址见 /openapi.json。'],
  'no-such-tile': ['No such tile', '日志中没有这个分片。'],
  'not-witnessed': ['Not witnessed yet', '尚无见证方联署检查点。'],
  'not-your-account': ['Other account', '当前令牌只能访问其自己的账户。'],
  'page-not-built': ['Page not built', '核验页尚未生成，请运行 node web/build.ts。'],
  'share-expired': ['Share key expired', '该账单链接已失效或被撤销，请登录或索取账单文件。'],
  'site-conflict': ['Two sites named', '查询参数与请求内容中的站点不一致。'],
  'site-exists': ['Site exists', '该站点已存在。'],
  'site-missing': ['Site missing', '请用 ?site= 指明站点。'],
  stopping: ['Stopping', '服务正在停止，请稍后重试。'],
  'token-expired': ['Token expired', '访问令牌已过期，请重新登录。'],
  'token-invalid': ['Token not valid', '访问令牌无效，请重新登录。'],
  'token-missing': ['Token missing', '请在 Authorization 请求头中提供访问令牌。'],
  'too-many-requests': ['Too many requests', '请求过于频繁，请在 {retryAfter} 秒后重试。'],
  'unknown-account': ['No such account', '没有这个账户，请核对账户编号。'],
  'unknown-bridge': ['No such bridge', '没有这个采集器，请核对编号。'],
  'unknown-meter': ['No such meter', '没有这块表，请核对表号。'],
  'unknown-site': ['No such site', '没有这个站点，请核对站点编号。'],
  'unknown-statement': ['No such statement', '没有这份账单，请核对编号。'],
  'unknown-tariff': ['No such tariff', '没有这个电价方案，请核对编号。'],
  'unsupported-media-type': ['Unsupported media type', '请以 application/json 发送请求内容。'],
};

/** Words of a code, its parameters filled in. A code without words is told by its name. */
export function wordsOf(code: string, params: RefusalParams): { title: string; chinese: string } {
  const [title = code, chinese = `请求被拒绝（${code}）。`] = WORDS[code] ?? [];
  const filled = chinese.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? ''));
  return { title, chinese: filled };
}

export function wordedCodes(): readonly string[] {
  return Object.keys(WORDS);
}
