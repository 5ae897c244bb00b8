-- 3. And where did the program spend its instructions?
SELECT function, calls, self, self_percent FROM hot_functions ORDER BY self DESC LIMIT 6;
