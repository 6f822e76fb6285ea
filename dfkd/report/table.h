// Tables for a terminal or a log: columns aligned, numbers to the right.
#ifndef DFKD_REPORT_TABLE_H_
#define DFKD_REPORT_TABLE_H_

#include <string>
#include <vector>

namespace dfkd {

enum class Align { kLeft, kRight };

struct TableColumn {
  std::string title;
  Align align = Align::kLeft;
};

// Example:
//   TextTable table({{"stage"}, {"last %", Align::kRight}});
//   table.AddRow({"teacher", "99.20"});
//   std::cout << table.Render();
class TextTable {
 public:
  explicit TextTable(std::vector<TableColumn> columns);
  // Missing cells at the end are empty; more cells than columns are an error of the caller.
  void AddRow(std::vector<std::string> cells);
  // A rule between the rows so far and those to come.
  void AddRule();
  // Title, rule, rows; two blanks between columns, none at a line's end.
  std::string Render() const;

 private:
  std::string RenderLine(const std::vector<std::string>& cells,
                         const std::vector<int>& widths) const;

  std::vector<TableColumn> columns_;
  std::vector<std::vector<std::string>> rows_;  // an empty one is a rule
};

}  // namespace dfkd

#endif  // DFKD_REPORT_TABLE_H_
