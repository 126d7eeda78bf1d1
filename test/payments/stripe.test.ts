import { describeCrediting } from './crediting-contract.ts';
import { describeProvider } from './provider-contract.ts';
import { startStripe } from './provider-pairs.ts';
import { describeRefunding } from './refunding-contract.ts';

describeProvider('Stripe', startStripe);
describeCrediting('stripe', startStripe);
describeRefunding('stripe', startStripe);
