#include "dfkd/report/csv.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

class CsvParser {
 public:
  explicit CsvParser(absl::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<CsvRow>> Parse() {
    while (at_ < text_.size()) DFKD_RETURN_IF_ERROR(Cell());
    return std::move(rows_);
  }

 private:
  // One cell and the separator behind it.
  absl::Status Cell() {
    std::string cell;
    if (text_[at_] == '"') {
      DFKD_RETURN_IF_ERROR(Quoted(&cell));
    } else {
      const size_t end = std::min(text_.find_first_of(",\r\n\"", at_), text_.size());
      cell = std::string(text_.substr(at_, end - at_));
      at_ = end;
    }
    row_.push_back(std::move(cell));
    return Separator();
  }

  absl::Status Quoted(std::string* cell) {
    const int first_line = line_;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        cell->push_back(text_[at_]);
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        cell->push_back('"');
        ++at_;
      } else {
        ++at_;
        return absl::OkStatus();
      }
    }
    return InputFileError(absl::StrCat("line ", first_line, ": a quote is never closed"));
  }

  absl::Status Separator() {
    if (at_ == text_.size()) return absl::OkStatus();
    if (text_[at_] == ',') {
      ++at_;
      // The line's last cell may be empty.
      if (at_ == text_.size()) return absl::OkStatus();
      if (text_[at_] != '\r' && text_[at_] != '\n') return absl::OkStatus();
      row_.emplace_back();
    }
    if (text_[at_] == '\r') {
      ++at_;
      if (at_ == text_.size()) return absl::OkStatus();
    }
    if (text_[at_] != '\n') {
      return InputFileError(absl::StrCat("line ", line_, ": expected a comma or a line end"));
    }
    ++at_;
    ++line_;
    rows_.push_back(std::move(row_));
    row_.clear();
    return absl::OkStatus();
  }

  absl::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
  CsvRow row_;
  std::vector<CsvRow> rows_;
};

}  // namespace

std::string FormatCsvRow(const CsvRow& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line.push_back(',');
    if (cells[i].find_first_of(",\"\r\n") == std::string::npos) {
      line += cells[i];
    } else {
      absl::StrAppend(&line, "\"", absl::StrReplaceAll(cells[i], {{"\"", "\"\""}}), "\"");
    }
  }
  return line + "\r\n";
}

absl::StatusOr<std::vector<CsvRow>> ParseCsv(absl::string_view text) {
  return CsvParser(text).Parse();
}

}  // namespace dfkd
