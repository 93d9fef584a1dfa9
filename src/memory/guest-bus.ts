export type { AccessWidth, GuestBus } from '../base/guest-bus.ts';
