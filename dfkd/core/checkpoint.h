// Checkpoints: a State in a safetensors file with a checksum per tensor.
#ifndef DFKD_CORE_CHECKPOINT_H_
#define DFKD_CORE_CHECKPOINT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/core/files.h"
#include "dfkd/core/state.h"

namespace dfkd {

// DIR/round-NNNNNNNN.safetensors, written atomically; the two newest are kept. Checkpoints of later
// rounds, of a course that was given up by resuming from an earlier one, are removed.
absl::Status WriteCheckpoint(FileSystem* files, const std::string& dir, int64_t round,
                             const State& state);

struct LoadedCheckpoint {
  int64_t round = 0;
  State state;
};

// The newest checkpoint that is whole (one with a bad checksum is passed over with a warning, and
// the one before it taken). NotFound (no error for the caller) when there is none; StorageError
// when there are some and none can be used.
absl::StatusOr<LoadedCheckpoint> ReadLastCheckpoint(const std::string& dir);

// For a run that begins anew. None need be there.
absl::Status RemoveCheckpoints(FileSystem* files, const std::string& dir);

}  // namespace dfkd

#endif  // DFKD_CORE_CHECKPOINT_H_
