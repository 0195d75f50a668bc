/** The timeout of a consumer group that this program creates, where `consumer.group_timeout` is not set. */
export const NEW_GROUP_TIMEOUT_MS = 60_000;
