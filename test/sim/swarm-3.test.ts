import { swarm } from '../support/swarm.ts';

swarm(201, 300);
