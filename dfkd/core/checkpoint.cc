#include "dfkd/core/checkpoint.h"

#include <glog/logging.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "crc32c/crc32c.h"
#include "dfkd/core/files.h"
#include "dfkd/core/state.h"
#include "dfkd/core/status.h"
#include "dfkd/weights/safetensors.h"
#include "dfkd/weights/tensor_record.h"
#include "dfkd/weights/tensors.h"

namespace dfkd {
namespace {

// Keys of the metadata: the values, a seal of each tensor, and a checksum of all these.
constexpr absl::string_view kFormatKey = "dfkd.checkpoint";
constexpr absl::string_view kFormat = "1";
constexpr absl::string_view kRoundKey = "round";
constexpr absl::string_view kManifestKey = "crc32c";
constexpr absl::string_view kTensorPrefix = "tensor:";
constexpr absl::string_view kValuePrefix = "value:";
constexpr int kKept = 2;

using Metadata = std::map<std::string, std::string>;

std::string Checksum(absl::string_view bytes) {
  return absl::StrFormat("%08x", crc32c::Crc32c(bytes.data(), bytes.size()));
}

// Of all metadata but itself. What metadata say of each tensor covers the rest of the file.
std::string ManifestChecksum(const Metadata& metadata) {
  std::string manifest;
  for (const auto& [key, value] : metadata) {
    if (key == kManifestKey) continue;
    absl::StrAppend(&manifest, key.size(), ":", key, value.size(), ":", value);
  }
  return Checksum(manifest);
}

// "F32 [2,3] 1a2b3c4d": type, shape and checksum.
std::string Seal(DType dtype, absl::Span<const int64_t> sizes, absl::string_view bytes) {
  return absl::StrCat(NameOf(dtype), " [", absl::StrJoin(sizes, ","), "] ", Checksum(bytes));
}

Metadata MetadataOf(int64_t round, const State& state) {
  Metadata metadata;
  metadata[std::string(kFormatKey)] = std::string(kFormat);
  metadata[std::string(kRoundKey)] = absl::StrCat(round);
  for (const auto& [key, value] : state.values) metadata[absl::StrCat(kValuePrefix, key)] = value;
  for (const auto& [key, tensor] : state.tensors) {
    metadata[absl::StrCat(kTensorPrefix, key)] = Seal(
        DTypeOf(tensor), absl::MakeConstSpan(tensor.sizes().data(), tensor.dim()), BytesOf(tensor));
  }
  metadata[std::string(kManifestKey)] = ManifestChecksum(metadata);
  return metadata;
}

std::string FileName(int64_t round) { return absl::StrFormat("round-%08d.safetensors", round); }

std::optional<int64_t> RoundOf(absl::string_view file_name) {
  int64_t round = 0;
  if (!absl::ConsumePrefix(&file_name, "round-") ||
      !absl::ConsumeSuffix(&file_name, ".safetensors") || !absl::SimpleAtoi(file_name, &round)) {
    return std::nullopt;
  }
  return round;
}

// Newest first. A folder that does not exist holds none.
std::vector<int64_t> RoundsIn(const std::string& dir) {
  std::vector<int64_t> rounds;
  const absl::StatusOr<std::vector<std::string>> names = ListDirectory(dir);
  if (!names.ok()) return rounds;
  for (const std::string& name : *names) {
    if (const std::optional<int64_t> round = RoundOf(name)) rounds.push_back(*round);
  }
  std::sort(rounds.rbegin(), rounds.rend());
  return rounds;
}

// Leaves the newest checkpoints up to `round`. Later ones belong to a course of the run that was
// given up when it resumed from an earlier round. A file that cannot be removed costs nothing but
// its space.
void RemoveOthers(FileSystem* files, const std::string& dir, int64_t round) {
  int kept = 0;
  for (const int64_t other : RoundsIn(dir)) {
    if (other <= round && kept++ < kKept) continue;
    const absl::Status status = files->Remove(JoinPath(dir, FileName(other)));
    if (!status.ok()) LOG(WARNING) << status.message();
  }
}

absl::Status Damaged(absl::string_view what) {
  return StorageError(absl::StrCat("the checkpoint is damaged: ", what));
}

// "" where there is none.
absl::string_view Find(const Metadata& metadata, absl::string_view prefix, absl::string_view key) {
  const auto it = metadata.find(absl::StrCat(prefix, key));
  return it == metadata.end() ? absl::string_view() : absl::string_view(it->second);
}

absl::StatusOr<LoadedCheckpoint> Parse(absl::string_view bytes) {
  DFKD_ASSIGN_OR_RETURN(const TensorRecords records, ParseSafetensorsRecords(bytes));
  const Metadata& metadata = records.metadata;
  if (Find(metadata, "", kFormatKey) != kFormat) return Damaged("it is not of format 1");
  if (Find(metadata, "", kManifestKey) != ManifestChecksum(metadata)) {
    return Damaged("the checksum of its metadata is wrong");
  }
  LoadedCheckpoint checkpoint;
  if (!absl::SimpleAtoi(Find(metadata, "", kRoundKey), &checkpoint.round)) {
    return Damaged("it names no round");
  }
  for (const TensorRecord& tensor : records.tensors) {
    if (Find(metadata, kTensorPrefix, tensor.name) !=
        Seal(tensor.dtype, tensor.sizes, tensor.storage)) {
      return Damaged(absl::StrCat("the checksum of ", Quoted(tensor.name), " is wrong"));
    }
    checkpoint.state.tensors.emplace(tensor.name, MakeTensor(tensor));
  }
  size_t sealed = 0;
  for (const auto& [key, value] : metadata) {
    absl::string_view name = key;
    if (absl::ConsumePrefix(&name, kValuePrefix)) checkpoint.state.values.emplace(name, value);
    if (absl::StartsWith(key, kTensorPrefix)) ++sealed;
  }
  if (sealed != records.tensors.size()) return Damaged("a tensor is missing");
  return checkpoint;
}

}  // namespace

absl::Status WriteCheckpoint(FileSystem* files, const std::string& dir, int64_t round,
                             const State& state) {
  DFKD_RETURN_IF_ERROR(files->CreateDirectories(dir));
  const TensorList tensors(state.tensors.begin(), state.tensors.end());
  const SafetensorsContent content(tensors, MetadataOf(round, state));
  const std::string path = JoinPath(dir, FileName(round));
  DFKD_RETURN_IF_ERROR(WriteFileAtomically(files, path, content.pieces()));
  RemoveOthers(files, dir, round);
  return absl::OkStatus();
}

absl::Status RemoveCheckpoints(FileSystem* files, const std::string& dir) {
  const std::vector<int64_t> rounds = RoundsIn(dir);
  for (const int64_t round : rounds) {
    DFKD_RETURN_IF_ERROR(files->Remove(JoinPath(dir, FileName(round))));
  }
  return rounds.empty() ? absl::OkStatus() : files->SyncDirectory(dir);
}

absl::StatusOr<LoadedCheckpoint> ReadLastCheckpoint(const std::string& dir) {
  const std::vector<int64_t> rounds = RoundsIn(dir);
  absl::Status newest;
  for (const int64_t round : rounds) {
    const std::string path = JoinPath(dir, FileName(round));
    absl::StatusOr<std::string> bytes = ReadFile(path);
    absl::StatusOr<LoadedCheckpoint> checkpoint =
        bytes.ok() ? Parse(*bytes) : absl::StatusOr<LoadedCheckpoint>(bytes.status());
    if (checkpoint.ok() && checkpoint->round != round)
      checkpoint = Damaged("it is of another round");
    if (checkpoint.ok()) return checkpoint;
    LOG(WARNING) << path << " cannot be used (" << checkpoint.status().message()
                 << "); trying the one before";
    if (newest.ok()) newest = Annotate(checkpoint.status(), path);
  }
  if (rounds.empty()) return absl::NotFoundError(absl::StrCat("no checkpoint in ", dir));
  return StorageError(absl::StrCat("none of the ", rounds.size(), " checkpoints in ", dir,
                                   " can be used (", newest.message(),
                                   "); remove the folder to begin anew"));
}

}  // namespace dfkd
