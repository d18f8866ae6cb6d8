# SPDX-License-Identifier: MIT
# Every kernel of Weir's that was timed, as a point under this machine's measured ceilings.
# weir-bench hands this to gnuplot behind
#     $points               isa, FLOP per byte of weights, GFLOP/s
#     $best                 of the fastest kernel of each shape: FLOP per byte, GFLOP/s, where its label
#                           stands, shape
#     isas, peak[]          names, GFLOP/s from registers
#     levels, load[]        names, GB/s of the widest ISA
#     highest, widest       the highest of peak[]; the largest FLOP per byte
#     circumstances         what to say below the title
set terminal svg size 1100,720 font "sans-serif,13" background "white"
set title "Weir's kernels under this machine's ceilings, one core\n".circumstances noenhanced
set logscale xy
set xlabel "floating-point operations per byte of weights"
set ylabel "GFLOP/s"
right = widest * 2 > 100 ? widest * 2 : 100
set xrange [0.08:right]
set yrange [0.5:highest * 2]
set grid lt 1 lc rgb "#e8e8e8"
set key bottom right noenhanced
array colours[4] = ["#718096", "#38a169", "#2b6cb0", "#dd6b20"]
array symbols[4] = [6, 4, 7, 5]
# Labels of lines that may lie close stand beside one another.
do for [i = 1:words(isas)] {
    set arrow from 0.08, peak[i] to right, peak[i] nohead lc rgb colours[i] lw 1.5 back
    set label sprintf("%s: %.0f GFLOP/s", word(isas, i), peak[i]) at 1.5 * 2.8 ** (i - 1), peak[i] left \
        offset 0, 0.6 font ",11" tc rgb colours[i]
}
do for [i = 1:words(levels)] {
    set arrow from 0.08, 0.08 * load[i] to highest / load[i], highest nohead lc rgb "#a0aec0" \
        dt 2 back
    x = 0.085 * 1.7 ** (i - 1)
    set label sprintf("%s %.0f GB/s", word(levels, i), load[i]) at x, x * load[i] * 1.13 \
        left rotate by 26 font ",11" tc rgb "#718096"
}
plot for [i = 1:words(isas)] $points using (strcol(1) eq word(isas, i) ? $2 : NaN):3 \
         with points pt symbols[i] ps 0.7 lc rgb colours[i] title word(isas, i), \
     $best using 1:2:($3 - $1):($4 - $2) with vectors nohead lc rgb "#a0aec0" lw 0.5 notitle, \
     $best using 3:4:5 with labels left font ",11" noenhanced notitle
