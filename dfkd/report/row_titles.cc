#include "dfkd/report/row_titles.h"

#include "nlohmann/json.hpp"

namespace dfkd {

std::string RowTitlesToText(const std::vector<std::string>& titles) {
  return nlohmann::json(titles).dump(-1, ' ', /*ensure_ascii=*/false,
                                     nlohmann::json::error_handler_t::replace);
}

std::vector<std::string> RowTitles(const PngTexts& texts, absl::string_view keyword) {
  std::vector<std::string> titles;
  const auto text = texts.find(keyword);
  if (text == texts.end()) return titles;
  const nlohmann::json json = nlohmann::json::parse(text->second, nullptr, false);
  if (!json.is_array()) return titles;
  for (const nlohmann::json& title : json) {
    if (!title.is_string()) return {};
    titles.push_back(title.get<std::string>());
  }
  return titles;
}

}  // namespace dfkd
