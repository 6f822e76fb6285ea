// A small JSON file, such as the configs beside a model's weights.
#ifndef DFKD_ENCODERS_JSON_FILE_H_
#define DFKD_ENCODERS_JSON_FILE_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dfkd {

// Typed look-ups in the object that a file holds. A value that breaks its rule is noted and a
// harmless one returned in its place, so that a reader asks once, at its end, whether all was well.
class JsonFile {
 public:
  static absl::StatusOr<JsonFile> Read(const std::string& path, int64_t max_bytes = 1 << 20);

  const nlohmann::json& json() const { return json_; }
  const std::string& path() const { return path_; }

  // Null where absent.
  const nlohmann::json& Get(absl::string_view key) const;
  // A whole number in [1, 2^24]. Absent: `fallback`, or refused where that is 0.
  int64_t Size(absl::string_view key, int64_t fallback = 0);
  bool Flag(absl::string_view key, bool fallback);
  // Present, it must be this.
  void Expect(absl::string_view key, absl::string_view wanted);
  // Notes an InputFileError: the file, the key, its value, the rule.
  void Refuse(absl::string_view key, absl::string_view rule);

  // The first that was noted.
  const absl::Status& status() const { return status_; }

 private:
  JsonFile() = default;

  std::string path_;
  nlohmann::json json_;
  absl::Status status_;
};

}  // namespace dfkd

#endif  // DFKD_ENCODERS_JSON_FILE_H_
