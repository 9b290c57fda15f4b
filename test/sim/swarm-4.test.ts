import { swarm } from '../support/swarm.ts';

swarm(301, 400);
