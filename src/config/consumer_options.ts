import { duration } from "./duration.ts";
import { flag } from "./flag.ts";
import { group, listItem, optional, overridesOf, withDefault } from "./option.ts";
import { startPosition } from "./start_position.ts";
import { textValue } from "./text_value.ts";
import { wholeNumber } from "./whole_number.ts";

const shape = {
  // The rule of the vendor's Java SDK.
  group: optional(
    textValue({
      what: "a consumer group name: 1 to 128 letters, digits, _ and -",
      pattern: /^[0-9A-Za-z_-]{1,128}$/,
    }),
    {
      help: "Consumer group; made when it does not exist. One group is one copy of the logs.",
      env: "SLS_CG",
      example: "${env:SLS_CG}",
      requiredUnless: "each source has its own",
    },
  ),
  name: optional(textValue({ what: "a consumer name", maxLength: 256 }), {
    help: "Name of this process within the group; no two processes may share one.",
    example: "forwarder-1",
    without: "made at run time from group, host, process id and chance",
  }),
  start: withDefault(startPosition(), "begin", {
    help: "Where a shard without checkpoint begins: begin, end, or a time of receipt.",
  }),
  in_order: optional(flag(), {
    help: "Read the shards that came from a split or merge only after their parents.",
    example: "true",
    without: "false for a new group; an existing group keeps its own",
  }),
  update_group: withDefault(flag(), "false", {
    help:
      "Change in_order and group_timeout of an existing group to those set here, once at the start.",
  }),
  heartbeat_interval: withDefault(duration({ min: "10ms" }), "20s", {
    help: "Time between heartbeats; at most a third of group_timeout.",
  }),
  group_timeout: optional(duration({ min: "1s", wholeSeconds: true }), {
    help: "Silence after which SLS gives a consumer's shards to others.",
    example: "60s",
    without: "60s for a new group; an existing group keeps its own",
  }),
  fetch_interval: withDefault(duration({ min: "10ms" }), "1s", {
    help: "Wait at the end of a shard before asking for more.",
  }),
  fetch_count: withDefault(wholeNumber({ min: 1, max: 1_000 }), "1000", {
    help: "Log groups asked for in one pull.",
  }),
  checkpoint_interval: withDefault(duration({ min: "10ms" }), "5s", {
    help: "Time between checkpoint writes of one shard.",
  }),
};

/** How logs are shared among consumers. */
export const consumerOptions = group("How the logs are read, for all sources.", shape);

/** The same keys for one source; what is left out is taken from the top-level `consumer`. */
export const sourceConsumer = listItem(overridesOf(shape));
