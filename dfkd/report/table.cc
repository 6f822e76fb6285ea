#include "dfkd/report/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/report/format.h"
#include "glog/logging.h"

namespace dfkd {

TextTable::TextTable(std::vector<TableColumn> columns) : columns_(std::move(columns)) {
  CHECK(!columns_.empty());
}

void TextTable::AddRow(std::vector<std::string> cells) {
  CHECK_LE(cells.size(), columns_.size());
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

void TextTable::AddRule() { rows_.emplace_back(); }

std::string TextTable::RenderLine(const std::vector<std::string>& cells,
                                  const std::vector<int>& widths) const {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += "  ";
    const std::string blanks(std::max(0, widths[i] - DisplayWidth(cells[i])), ' ');
    const bool right = columns_[i].align == Align::kRight;
    absl::StrAppend(&line, right ? blanks : "", cells[i], right ? "" : blanks);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string TextTable::Render() const {
  std::vector<std::string> titles;
  std::vector<int> widths;
  int total = -2;
  for (size_t i = 0; i < columns_.size(); ++i) {
    titles.push_back(columns_[i].title);
    int width = DisplayWidth(columns_[i].title);
    for (const std::vector<std::string>& row : rows_) {
      if (!row.empty()) width = std::max(width, DisplayWidth(row[i]));
    }
    widths.push_back(width);
    total += width + 2;
  }
  const std::string rule = std::string(total, '-') + "\n";
  std::string text = RenderLine(titles, widths) + rule;
  for (const std::vector<std::string>& row : rows_) {
    text += row.empty() ? rule : RenderLine(row, widths);
  }
  return text;
}

}  // namespace dfkd
