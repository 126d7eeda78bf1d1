import { encodedBytes, integer, list, object, type Read, text } from '../shape.ts';

/** Largest block, configuration block or statement of a receipt, and most configuration blocks. */
export const MAX_PART_BYTES = 1024 * 1024;
export const MAX_CONFIG_BLOCKS = 16;

const bytes = encodedBytes(MAX_PART_BYTES);

/**
 * An item of `anchors.fabric` in a bundle. Refuses `bad-shape`. `block` is a `common.Block` and `index` the
 * place of the transaction in it; `config` are the configuration blocks from the pinned one to the one
 * under which `block` was ordered; `validity` is an endorsed, never ordered query of the same key.
 */
export const readFabricReceipt = object(
  {
    channel: text(/^[a-z][a-z0-9.-]{0,248}$/),
    chaincode: text(/^[A-Za-z0-9]([_-]?[A-Za-z0-9]){0,127}$/),
    block: bytes,
    index: integer(),
    config: list(bytes, MAX_CONFIG_BLOCKS),
  },
  { validity: bytes },
);

/** What the members of a Fabric channel signed about one checkpoint; nothing in it is believed yet. */
export type FabricReceipt = Read<typeof readFabricReceipt>;
