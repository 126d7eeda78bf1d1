import { describeCrediting } from './crediting-contract.ts';
import { describeProvider } from './provider-contract.ts';
import { startStripe } from './provider-pairs.ts';

describeProvider('Stripe', startStripe);
describeCrediting('stripe', startStripe);
