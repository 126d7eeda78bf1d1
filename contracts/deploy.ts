// `node contracts/deploy.ts --help`
import { runDeployCommand } from './deploy-command.ts';

process.exitCode = await runDeployCommand(process.argv.slice(2), console.log);
