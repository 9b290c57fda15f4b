import { swarm } from '../support/swarm.ts';

swarm(101, 200);
