#include "dfkd/encoders/label_file.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/unicode.h"

namespace dfkd {
namespace {

constexpr int64_t kMaxBytes = int64_t{16} << 20;
constexpr absl::string_view kByteOrderMark = "\xef\xbb\xbf";

absl::Status CheckCharacters(absl::string_view name) {
  const auto text = DecodeUtf8(name);
  if (!text.ok()) return InputFileError(text.status().message());
  if (std::any_of(text->begin(), text->end(), IsControl)) {
    return InputFileError("the class name holds a control character");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ReadLabelFile(const std::string& path) {
  DFKD_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kMaxBytes));
  return ParseLabels(bytes, path);
}

absl::StatusOr<std::vector<std::string>> ParseLabels(absl::string_view text,
                                                     const std::string& path) {
  absl::ConsumePrefix(&text, kByteOrderMark);
  absl::ConsumeSuffix(&text, "\n");
  if (text.empty()) return InputFileError(absl::StrCat(path, ": holds no class names"));
  std::vector<std::string> labels;
  std::map<std::string, int64_t> line_of;
  int64_t number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const std::string where = absl::StrCat(path, ":", number);
    const std::string name(absl::StripAsciiWhitespace(line));
    if (name.empty()) {
      return InputFileError(absl::StrCat(where, ": the line is empty; must hold a class name"));
    }
    DFKD_RETURN_IF_ERROR(Annotate(CheckCharacters(name), where));
    const auto [first, is_new] = line_of.emplace(name, number);
    if (!is_new) {
      return InputFileError(absl::StrCat(where, ": \"", name, "\" stands in line ", first->second,
                                         " already; class names must differ"));
    }
    labels.push_back(name);
  }
  return labels;
}

}  // namespace dfkd
