// Class names to sentences, for encoders that read text.
#ifndef DFKD_ENCODERS_CLASS_PROMPT_H_
#define DFKD_ENCODERS_CLASS_PROMPT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace dfkd {

// For a plugin's Validate: "{}" must stand in the config's `prompt` exactly once. Without it all
// classes would get one sentence.
absl::Status CheckPrompt(absl::string_view prompt);

// "sea_lion", "t-shirt" -> "sea lion", "t shirt".
std::string CleanClassName(absl::string_view class_name);

// The sentence of each class: its name, cleaned if so wished, in the place of "{}".
std::vector<std::string> RenderPrompts(absl::string_view prompt, bool clean_names,
                                       const std::vector<std::string>& class_names);

}  // namespace dfkd

#endif  // DFKD_ENCODERS_CLASS_PROMPT_H_
