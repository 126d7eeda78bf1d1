import { describeCrediting } from './crediting-contract.ts';
import { describeProvider } from './provider-contract.ts';
import { startWechat } from './provider-pairs.ts';

describeProvider('WeChat Pay', startWechat);
describeCrediting('wechat', startWechat);
