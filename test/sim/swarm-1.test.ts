import { swarm } from '../support/swarm.ts';

swarm(1, 100);
