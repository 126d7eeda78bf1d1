import { describeCrediting } from './crediting-contract.ts';
import { describeProvider } from './provider-contract.ts';
import { startWechat } from './provider-pairs.ts';
import { describeRefunding } from './refunding-contract.ts';

describeProvider('WeChat Pay', startWechat);
describeCrediting('wechat', startWechat);
describeRefunding('wechat', startWechat);
