#include "dfkd/encoders/json_file.h"

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

using Json = nlohmann::json;

constexpr int64_t kMaxSize = 1 << 24;

}  // namespace

absl::StatusOr<JsonFile> JsonFile::Read(const std::string& path, int64_t max_bytes) {
  DFKD_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, max_bytes));
  JsonFile file;
  file.path_ = path;
  try {
    file.json_ = Json::parse(text);
  } catch (const Json::exception& error) {
    return InputFileError(absl::StrCat(path, ": not JSON: ", error.what()));
  }
  return file;
}

const Json& JsonFile::Get(absl::string_view key) const {
  static const Json* const absent = new Json();
  if (!json_.is_object()) return *absent;
  const auto found = json_.find(std::string(key));
  return found == json_.end() ? *absent : *found;
}

int64_t JsonFile::Size(absl::string_view key, int64_t fallback) {
  const Json& value = Get(key);
  if (value.is_null() && fallback > 0) return fallback;
  if (!value.is_number_integer() || value < 1 || value > kMaxSize) {
    Refuse(key, absl::StrCat("must be a whole number in [1, ", kMaxSize, "]"));
    return 1;
  }
  return value.get<int64_t>();
}

bool JsonFile::Flag(absl::string_view key, bool fallback) {
  const Json& value = Get(key);
  if (value.is_null()) return fallback;
  if (!value.is_boolean()) {
    Refuse(key, "must be true or false");
    return fallback;
  }
  return value.get<bool>();
}

void JsonFile::Expect(absl::string_view key, absl::string_view wanted) {
  const Json& value = Get(key);
  if (!value.is_null() && value != wanted) Refuse(key, absl::StrCat("must be \"", wanted, "\""));
}

void JsonFile::Refuse(absl::string_view key, absl::string_view rule) {
  if (!status_.ok()) return;
  const Json& value = Get(key);
  std::string state = " is missing";
  if (!value.is_null()) {
    state = absl::StrCat(" is ", value.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  status_ = InputFileError(absl::StrCat(path_, ": ", key, state, "; ", rule));
}

}  // namespace dfkd
