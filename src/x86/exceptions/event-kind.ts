// The kinds of events that go through the IVT or IDT.

/**
 * What an event is; decides about gate privilege and the EXT bit of error codes.
 *   exception          found by the processor, a fault or trap
 *   external, nmi      from outside
 *   software           INT n
 *   softwareException  INT3, INTO
 *   privileged         INT1: no privilege check, EXT set
 */
export type EventKind = 'exception' | 'external' | 'nmi' | 'software' | 'softwareException' | 'privileged';
