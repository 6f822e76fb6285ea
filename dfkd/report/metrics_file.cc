#include "dfkd/report/metrics_file.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/report/format.h"

namespace dfkd {
namespace {

constexpr char kEpoch[] = "epoch";

// "epoch", names in alphabetical order, seconds last.
bool ComesBefore(const std::string& a, const std::string& b) {
  const auto rank = [](const std::string& name) {
    return name == kEpoch ? 0 : absl::StartsWith(name, "seconds_") ? 2 : 1;
  };
  return rank(a) != rank(b) ? rank(a) < rank(b) : a < b;
}

// `header` and whatever the row adds to it, in order.
CsvRow WithColumnsOf(CsvRow header, const MetricsRow& row) {
  if (header.empty()) header.push_back(kEpoch);
  for (const auto& [name, value] : row) {
    if (std::find(header.begin(), header.end(), name) == header.end()) header.push_back(name);
  }
  std::sort(header.begin(), header.end(), ComesBefore);
  return header;
}

// The same cells under other columns; those that `from` has not are empty.
CsvRow Project(const CsvRow& cells, const CsvRow& from, const CsvRow& to) {
  std::map<std::string, std::string> by_name;
  for (size_t i = 0; i < std::min(cells.size(), from.size()); ++i) by_name[from[i]] = cells[i];
  CsvRow projected;
  for (const std::string& name : to) projected.push_back(by_name[name]);
  return projected;
}

}  // namespace

MetricsFile::MetricsFile(std::string path, FileSystem* files)
    : path_(std::move(path)), files_(files) {}

absl::Status MetricsFile::WriteRow(int64_t epoch, const MetricsRow& row) {
  const CsvRow header = WithColumnsOf(header_, row);
  if (header_.empty()) {
    DFKD_ASSIGN_OR_RETURN(file_, files_->Create(path_));
    size_ = 0;
    DFKD_RETURN_IF_ERROR(Append(header));
    header_ = header;
  } else if (header != header_) {
    DFKD_RETURN_IF_ERROR(Rewrite(header, rows_));
  }
  CsvRow cells;
  for (const std::string& name : header_) {
    const auto value = row.find(name);
    cells.push_back(name == kEpoch       ? absl::StrCat(epoch)
                    : value == row.end() ? ""
                                         : FormatDouble(value->second));
  }
  DFKD_RETURN_IF_ERROR(Append(cells));
  ++rows_;
  return absl::OkStatus();
}

absl::Status MetricsFile::Append(const CsvRow& cells) {
  const std::string line = FormatCsvRow(cells);
  DFKD_RETURN_IF_ERROR(file_->Append(line));
  size_ += static_cast<int64_t>(line.size());
  return absl::OkStatus();
}

absl::Status MetricsFile::Sync() { return file_ == nullptr ? absl::OkStatus() : file_->Sync(); }

void MetricsFile::Save(StateWriter writer) const {
  writer.String("header", header_.empty() ? "" : FormatCsvRow(header_));
  writer.Int("rows", rows_);
  writer.Int("size", size_);
}

absl::Status MetricsFile::Restore(const StateReader& reader) {
  DFKD_ASSIGN_OR_RETURN(const std::string header_line, reader.String("header"));
  DFKD_ASSIGN_OR_RETURN(const int64_t rows, reader.Int("rows"));
  DFKD_ASSIGN_OR_RETURN(const int64_t size, reader.Int("size"));
  file_ = nullptr;
  header_.clear();
  rows_ = size_ = 0;
  if (header_line.empty()) return absl::OkStatus();
  DFKD_ASSIGN_OR_RETURN(const std::vector<CsvRow> header, ParseCsv(header_line));
  DFKD_RETURN_IF_ERROR(Rewrite(header.at(0), rows));
  if (size_ != size) {
    return InputFileError(absl::StrCat(path_, ": its first ", rows, " rows take ", size_,
                                       " bytes, the checkpoint says ", size,
                                       "; it was changed since. Restore it or start anew with "
                                       "--resume=never"));
  }
  return absl::OkStatus();
}

absl::Status MetricsFile::Rewrite(const CsvRow& header, int64_t rows) {
  file_ = nullptr;
  DFKD_ASSIGN_OR_RETURN(const std::string old_text, ReadFile(path_));
  absl::StatusOr<std::vector<CsvRow>> old = ParseCsv(old_text);
  if (!old.ok()) return Annotate(old.status(), path_);
  const int64_t found = static_cast<int64_t>(old->size()) - 1;
  if (found < rows) {
    return InputFileError(absl::StrCat(path_, " has ", std::max<int64_t>(found, 0),
                                       " rows, the checkpoint says ", rows,
                                       "; restore it or start anew with --resume=never"));
  }
  std::string text = FormatCsvRow(header);
  for (int64_t i = 1; i <= rows; ++i) {
    absl::StrAppend(&text, FormatCsvRow(Project((*old)[i], (*old)[0], header)));
  }
  if (text != old_text) DFKD_RETURN_IF_ERROR(WriteFileAtomically(files_, path_, text));
  DFKD_ASSIGN_OR_RETURN(file_, files_->OpenForAppend(path_));
  header_ = header;
  rows_ = rows;
  size_ = static_cast<int64_t>(text.size());
  return absl::OkStatus();
}

}  // namespace dfkd
