/** The version of the live frames (`v` in S and D) and of the binary heartbeat. Raised when a frame changes shape. */
export const PROTOCOL_VERSION = 1;
