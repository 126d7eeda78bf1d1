import { describeCrediting } from './crediting-contract.ts';
import { describeProvider } from './provider-contract.ts';
import { startWechat } from './wechat-pair.ts';

describeProvider('WeChat Pay', startWechat);
describeCrediting('wechat', startWechat);
