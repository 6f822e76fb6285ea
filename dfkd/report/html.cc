#include "dfkd/report/html.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace dfkd {

std::string EscapeHtml(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string DataUri(absl::string_view media_type, absl::string_view bytes) {
  return absl::StrCat("data:", media_type, ";base64,", absl::Base64Escape(bytes));
}

}  // namespace dfkd
