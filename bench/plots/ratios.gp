# SPDX-License-Identifier: MIT
# How many times longer each peer takes than Weir's best kernel, shape by shape. weir-bench hands
# this to gnuplot behind
#     $ratios               a row a shape: its name, one ratio a peer, or a peer and type of weights; the first
#                           row has the names
#     bars, least           how many ratios there are; the smallest one, or 1
#     circumstances         what to say below the title
set terminal svg size 1100,540 font "sans-serif,13" background "white"
set title "Weir's best kernel against its peers, one core\n".circumstances noenhanced
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9 noborder
set boxwidth 0.9
set logscale y 2
set yrange [least * 0.8 : *]
set ylabel "peer's time / Weir's time"
set xtics rotate by -35 noenhanced scale 0
set grid ytics lt 1 lc rgb "#dddddd"
set key outside right top noenhanced
set arrow from graph 0, first 1 to graph 1, first 1 nohead lc rgb "#444444" lw 1.5 front
array colours[8] = ["#2b6cb0", "#dd6b20", "#38a169", "#805ad5", "#d53f8c", "#319795", "#744210", "#718096"]
plot for [i = 2:bars + 1] $ratios using i:xtic(1) title columnheader(i) lc rgb colours[1 + (i - 2) % 8]
