#include "dfkd/encoders/class_prompt.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

constexpr absl::string_view kPlace = "{}";

}  // namespace

absl::Status CheckPrompt(absl::string_view prompt) {
  const size_t first = prompt.find(kPlace);
  if (first == absl::string_view::npos) {
    return ConfigError(absl::StrCat("prompt is \"", prompt,
                                    "\"; must hold {} where the class name goes, as in \"a photo "
                                    "of a {}\""));
  }
  if (prompt.find(kPlace, first + kPlace.size()) != absl::string_view::npos) {
    return ConfigError(absl::StrCat("prompt is \"", prompt, "\"; must hold {} only once"));
  }
  return absl::OkStatus();
}

std::string CleanClassName(absl::string_view class_name) {
  return absl::StrReplaceAll(class_name, {{"_", " "}, {"-", " "}});
}

std::vector<std::string> RenderPrompts(absl::string_view prompt, bool clean_names,
                                       const std::vector<std::string>& class_names) {
  const size_t place = prompt.find(kPlace);
  const absl::string_view before = prompt.substr(0, place);
  const absl::string_view after = prompt.substr(place + kPlace.size());
  std::vector<std::string> sentences;
  sentences.reserve(class_names.size());
  for (const std::string& name : class_names) {
    sentences.push_back(absl::StrCat(before, clean_names ? CleanClassName(name) : name, after));
  }
  return sentences;
}

}  // namespace dfkd
