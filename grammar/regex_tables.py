"""Unicode properties for ``\\p{...}``: general categories, scripts, script extensions, binary properties.

The table is text, one property a line: ``kind=Name Alias ...:gap+extra,gap,...`` in base 36, a gap from the end of the range before
and how far the range extends; compressed and in base 85. It states Unicode 17, as the `regex` package (2026.11) does, in the
names that ECMA-262 allows. A property is unpacked when it is first asked for (4 ms for the table, then under 1 ms each).

Refused: `unicodedata`, which has categories alone, of another Unicode version per Python, at 80 ms a scan.
"""

from __future__ import annotations

import base64
import zlib
from functools import lru_cache

from maskwright.automata.charset import CharSet


@lru_cache(maxsize=1)
def _lines() -> dict[tuple[str, str], str]:
    """Return the packed ranges by (kind, name or alias)."""
    text = zlib.decompress(base64.b85decode("".join(_PACKED.split()))).decode("ascii")
    out = {}
    for line in text.split("\n"):
        names, _, ranges = line.partition(":")
        kind, _, names = names.partition("=")
        for name in names.split():
            out[kind, name] = ranges
    return out


@lru_cache(maxsize=64)
def unicode_property(kind: str, name: str) -> CharSet | None:
    """Return the characters with a property, None if there is no such name.

    Parameters
    ----------
    kind : {"gc", "sc", "scx", ""}
        General category, script, script extensions, binary property.
    name : str
        Long name or alias, spelled as ECMA-262 spells it.

    Examples
    --------
    >>> "λ" in unicode_property("sc", "Greek"), "λ" in unicode_property("gc", "Lu")
    (True, False)
    """
    packed = _lines().get((kind, name))
    if packed is None:
        return None
    pairs = []
    at = 0
    for item in packed.split(",") if packed else ():
        gap, _, extra = item.partition("+")
        lo = at + int(gap, 36)
        at = lo + int(extra, 36) if extra else lo
        pairs.append((lo, at))
    return CharSet(pairs)


_PACKED = r"""
c-rlKS(oa_(e1l`1@Fp-(k!u-
AMEb_?7r^l^Jx#)FSR7034{bffZ*5P*byl)6x7t`wA;S5&Z&YzLP}*uM(l{(5t%2y|86_^+iI1zNwi5Hze~F=ZKq~utdzAimdY|bbx_v3{@E}5{lY)P<X1;t@!Ozl820#{kLa`H^>j=
=aa2H`*{^5`pJQ0+{r>{p8eHde{eT}qg~~r`mSyDh6Dae6o(G3-U(wUgV;g3w%-M@Ah~C%op$FeLN^h46!=xJq5x>wgE~pD;%3M7t-
!MJykf8s<ZFt|m=*!>1@KtEID&|*tpXg)w+cHVCX5){e5_<Jx<<eZRxa(|s=RnwaWNn@=F^#aN%(b$t$}nRVC1V_D7FL@s|7&z%NI$Ns56d@wYw?^oZ7%+Feo^z{tNGyS`Ec{9)X)5L
^{IVhPRS>(nyaR!H~Bmu{n{T4lLn|Wj>?%CBwR+y>K3P(Gar-QNsUTb{?6E`d~eckQp}B7JmBl?@T0Yk&6)xl!`H`5Edf4XcBB86Haq;u*;USdc65)!^^Y<OnwZ=lj;e3=wz*px{qJ%
zDb?h=W`Ai?tQB3^td;2*HMi0FEZXYkC$F(fdIH#NMO=QhMoVFj_QVm5#dFKQVM%V@U97+_kwwGPBPueeuezs?R?1EJ+Gy{b#_%AP?*8=U@s_KZIp+VD(scGO8kM*IGiQcL&lUuO-Kb
pBmu53JSWd~p_{!WEq(BWaD7)XHP2rY)`FmX3l+*he>xXdsad_l>ktcc=8X`G38tc#enkS8;HYA*`K5WxFvs9M77ZGzt0dO_uamfgM`G+-GNx5VlHNL3(hc9Goe!0ceYS6wmIL19dc-
@2U4ZzmY$Sk**6CMqHU|7D&>WVZ907JJV4RY{KmM3{)dG@e8c6n`i8n!$>+X$RmXnSF6ePz*w+B+8I^s^z2)vz$MFTB$H&O#$ZqjI^y3EZP?cgCQgGtJ#z8=`LVbJ<ntxgkm_R^!wG?
lwJ>{h7*@neey1ntVlHm|b{7zL>9=eWEQ|n6fz~mD7q^p6RI~s`!NW=Xi%swzrsI6&}MRs0ZEU?FTWn2PIanfQN0Z$s!s=eSn&Aq0qL5zvA;4QOldrtWp#0Q^(0{_UP5-
6J5H7r$6%}p2H!Zb`Bje2rfekk3Og76zG0yVb~ekv!yN(>v@`L`=eooYHm=Ew1$O=zvO#b_=DgNYmJj^I$~JQ<#V&vecf9)K&atJtvxC`ypmJvT5b~ua+~6pwIl(FAtW9(s8#vS#Y<0
;Wz*06SQr*M(L6lCPVp$s=H>!ESw?#WpDZIp|2Fz(`@*X~%CjAalx_(C?pWZKlkb~ZnU!ff$lTna3FcCBGQ$zrwWbc9MR?K_h~+^!6?AdQ@MTXXn;=1<9D-
^jJqwkssY_@a9#rw5lAgxW*%{;mq>8%aLCrmSm%|TDW^fPI%1zXage;)@(X*}5#Y@=K{-
_Quechic+gBZWDuvk!6+Klyh=4_ykmTDo)e_&_)8~=OtGP0{$qUn9Gk{;@?AdeGtB|b4F;H2Q(aEU`38!IFSxmwSS*M52=yy_^-
0d>VVRjU6*f43zE$P!WJ;_GpGIN{Bk6m%<MQ2Tu+K0T;M8zeSM`O)@QL}a!LGr;xsgQT1R`fPz7+BCpo!S~!PX5=**eghs>C-
?4JSA&xP=Ps2iqWKgCoC4w<q8r>m&RHosv74XkYoYrWVL|jirEso=jRRa4Eou#UR@YaXu(P8jb}N0M}l)S3d!~T#xr*Mez_`nI*T5#&tfW$R#*;+T8$~L^%kqSj4sh?qmLWx_|Z<s!|
^t94w_Sr&85CUM?%lQxm*DNkWf3^c`VYH1U172)*>$V<>*?mlOYCxWXYz_8ftnE4Twe@$&%0=82nY#OESt1KM@%{)^RiwJR@}UMD|9X*c?9EKRE=AVlIaBw#q~|&{YcbG3NUUPel5i8
W9*6(vpU=pr1s#+AuQ`WM%FJndb^K%7(&*D(^|awwS^lKT!ge?!vUpsYfH6?(~KkQ8)VdtYeXhaaK!DY@#z`eAm+oTB2NAR$eoD^f~o2F63!Rxc!qQz-lfG4f@w2RU>wW-dA+*9VS?&
Qj$>H#$?QWsIc7{k7XiQ;Aiypj6)0Nj#W~xXtr5<tr`atvZP5w9YO+6(;jL>0A@nk6sB}dfFQv0(tJcO1@x&SveOs>kSe+j%PvNCrjaH3&ek*5p&3bPgzcaF43F<vGzMEESjHq>OUyM
gdu3-
tIL#tS+G_zz22XyRffi{!BeGz!VBTqlo6yF#AY@X;)<Hxwprc!A!|Cp9s~=!V5JWXfeMQ1lr23AAovLU{kL{o}W<q_PGDPqZ|1xEC+31nLRcu6C>2m5u#BVZsmH<OsF^qShMc7~UwJ_
N9s4)ux3EEcQKjzaljIkjnK8CI%dDVE6nnVf??b@LEK3lvEo?O0LQacM})6+dD*MTsy(5aw+TF2E2tp)%cOS%d)9BWPLyx3UK#g@Pd1hbZGbyM^nj50)f%Q2_}wSNYU0Gogy5w)aX1G
+$SH{(PV(;sT#vF~cYIirdl!y8+Wm!+WV%@8e_)1|1Bp(tZjiNEdgB{9KFlRsv)1bb;cko7Qe1J~n;yEix{VEFouHECLEUoFkCU`AAjNn(?PE-~9f@-OD-LYjUSsh>ToOA~*KQgBa(f
Xo$5kimW0sf^}?Df4HkyqZQN*RtCyn{E{tt4et^5lB$z@vMdhw`*xAT)K>H9cYT@)bt3Z%}kC)hPk(;<CaIiI>>sA5W#{@EEVvSt>OsEj;7Mya919BgcKR+Vd@TJHN(6ndv{nGK|nfs
%eIpdixH84Y)Hf4t_cZMz~<50^z4|csK($QRB(_R6aFr!b3N_@<!%@@4HMGi`A&9MCbm7!DAEfgO@vwS(fVu=ARL46{t!Sh&K3zSf)w@$FUHV4e?Qj{+2Qwg+8O&pP4a5ba3?2cklrq
+lM8|o`?-;kgt|M!?tpH+IpK%Z(FoQxBa_J!XChHCtKGq&NLH7CZ>gPenPxBf6YQ9?&Ba97pI{D2?m5QE**xCGIT6E2kLHofkg|CSd0aNyC&-
f<*$3o#C*+a8o`F0TA<s91p7O$}qzeYW7y%W7Q|i1C2|XyrLe`sckQKuLc?k-
UXL#WwU*aOqaAUxi&*CWC;ovg0cRl9lmcQ&JPhDj;!SDlL25aPL&Dg{B;hJH7Vk~@al~wSKpT%y4oil6;@z{hfHEgTUw}m`@kC6z(tGA(CTpGpv9Wbt=D>^K~H*nnY9)`1c5Fx*_8z|
0_hno#vy7w%kvvnZBdq1=zBPS|4f!KZ-Xh&n@%%}+x-Ec>QH+vz>;XDC=s|(M%`!}FLb1_C<Qo)5S-
Hss2@q`TB|9?;+2@(m`zX2NhUl0}+^x*pe8JZX(0>5W5HCz~a&D>o^Z)VTIM(-
@JW4#taI?L?e7QM48YMKXYG{&GD8=VmY8eM|fR(Z2$z$}7p;Y~P8Be^4)=!@Szs{Ov6{Ls{!Rg{!<{`h^=E~ZstklFDY7)GAT7phm8M^b3ia|=v>Eq8{jAfb&U>pMK~0_W5Q<YC3lAM
llf_@sp{3ZOx1mVICq)~PNJENt5rp?V;rkf(1epqR~thM$&(iVQvEkfRsr@r_y*AZpF#A;*P&CyWQpH6bh$IFUh;rTf!nRGkbrr!HVyjf-
`B2fp>tA`%DzZ1iug#Af*b76^eP7&f#;R+~t@&h&th%&<K;Vuf~h26ga!Yk>wlRa5@NCrvO1pk4#*Z_#}HBQuol6SC>$_=}|%O%-
9Pn6V^4C~$_y<{FQs*I{^G`6N#^#uBX~s}9>?>Xt$ixb!H9E%$m|gonS<W{LmM$`COOORFqWM7;V)kHYqOVbaGgV|8oBKFa}%0;KU^3v4(xb=Xr|L%I*$BgA7@3ixZyv=;}%(gL1}L0
Ch!a3OQXbA%<s0YGxKA|a(k-2w}qYs#6)Luo<eOvnO;mk?6zszu4zI8!Y>a;zL6KQqeotYm9}A)yDr_-6-
vu!VAy!EmV2nVu6V8k0k}P)ivgvX3U8^RlM7#@{AO0_mfcd)F*DXvWNh#u%szusu#n-R5&Vo~6$bBL&DxcXVO7w34<`9tiwNx^Bj@@9IfQ2E}F@&H_1}EED?3qQI(XJL(*o_<@)%<-
3}~;F$U;TzcXVogynsAt^!)t70C1jJx)9Il3<^ffhiAedaIP*@!{4NSY#6iV(5y>zQa40tD%)9A`;Sky6JOBuaq!W)BQNs>D;B3lKqVk5uMjdfLmi;AMg)+{thWOYS63Vct0yRd{Y@N
jE|$)r8Pw^qIq|+@u-iiHbc#9#*FuEd4||29sAksB>AsHcB)IX#yW=5s#H0i-
X~brcEZF&eg2Bv7vu#_B3TQObjK>DT{}T<%iUze1aG)Ud6REOFmPbpK0xM*NO`SE)=_1+)i_?zhF3eD)Ry+0hsZg-sx*BEsi0cA=dmtMwbL8H!K1EsIGWI(}ObdW8}&rA3@LBOX?3nP
hri{GYF*%%c&nA(kum%2A<O1s3}QL??l-vbET!*;RSA9@TCXc5MHu37{z+^Ae@~-`Y}`Xk=GR2$d4w&9ux$jW>92otsIoMJd0zHXVEq|x)80(-
wrrbZ8o@|#eJ8``kKTg90=H6`f{Lc$vq=BXcoQ|4BS$Q7;Jg$S?Z651c;yoye0QM(_TG&3O7~sg0<IX&X4%&-
d>v!SNKpzEm8F0j7<jV8F$H3%UzIw)0{^;+yi`EzI52K%H*Dso6R2J(^;DeQ^SH@o`(+{pQ52dn`ThfEY|7dn>wkQ%_!J=Oaf;{o}53|&d7R3ijB{n;FQT%%`z_Qr-;K-e)20Ijy-
g=#S92*z#D^U^RC9N72Q_xm7XFGeP{?UStsoA^nx%gu^<qDt0ArxL78eSa$0y9vB>E<*N1W@k-
~SoI2@fG2!5%nX)1G>QO_e4S5~Lz*GQ$Kj~eDmXyToYu%rywVY~*EViQ<8Ar;c0yIa^K=0K^(mTbwWb|XlHbWDy96Vkh;&G-Xe98KfOU<sWMSYx5}kafZt`=<!Q#WD{g3`6kuHO6Q-
(qko}Hi}E2k-
#gm(Hgop2W4k~7C0AAg!P<Dc;V>)k5_5M_az_(zDWk)3}kSaI64CuGsSu^<nCjDH`o}fqK+4EL2s7l0(2?(_JB0@68Ajwz8G=D)KR1)BN`EJ!QT!9UBrkx9f1Y5)J6gjsq(fX${onH_
JO}c_aK2`JmG1e9tpn7Fs|ehEVw6qK@c27x<(G>&Tvi!n$d&J3Ys5Xp5hWe6j#{6f|?5iKR^;PH@Jl%Ry=E6CL3Mgh(v2?o5jm4;$H<({4kq*ohIcnsvdvXF5|SF%*wp%rX;S^p?(W=
k6+Y}p^6Lq8NcBdO(Fe`WG_^FJ$`3q{1)-kV1{!lIQ2Eo!QD8nnhiI{M=gK1+zsF22Gzr9F>aBka+Gh^4A)w^!{tphhA^mZM>rqa7U2@sj=w-^3tx!a;iEDeZsP66*5j)o-
pw9x53{>$FgK*!a%jmlIb7Ox!&PVa9vNI}{u*Cs=n6a(m0lgvBQbU6td6a~IEc{iY|<xK<R;Xa;R3~$BUMSK_{O9+k``tVTG#CmA52S6tmY2`DQ39%frUaSWrzYr2+!G=>-
L&t#Dkz<O(TKE>kia0y9TYNXNhE~+m~U;phFe}?#L|qG`|W&=}oIt`wE%{ov`EimkR24=uPdzs1)-hEHx=A8><y6EDeskBD!X>^7L?e037MCMRW>Q0HB_k=yurSf;F5aClSs-Fw}<{^
#D0(rgd1F&sd((AZQ8dthtI7^vh%z93SaQO<<I&ZpbR6J>yZIX6<|f?F5@)n+9nBAH3ofY1QQ^FzzzmpvPLb1~ZU;nCM>SX=Kk%UF}$RW)%BE=H(2+M>Z)z8xb!K6JgNl5j};b+Sc_9
n=8K<WOVTWds_lCG<qu3XR|GWrMNrWI{SQt!33qgy*0+waumsMad)_v8#K!W@hxByTKwWPo~_ZTGps>fipF-3br)Y-`=3ot%$a_8(hj!-
rn}Z60s8ylc})_lc!hBL@=TL#XqrCNB=oI?>YB^x8&}>9^@6FHvVKEMKZLz5XM7?J<(aT<w|7;~yvIrpo@e=RUzX|5T$IyK2?6f9PLr-_AAj1`Nw<x<vZ<$5t-
J_?E%I~x4o<*|MUKBj#wFSm7w2O*ESIAyU8*)q0%aZydrMvz`#vuDlSxLGv&ptP6^G5>P=Z&qrA}wA<WHN)kE^u4ys`r@MfhzGlE0agUfRtO?_eJ}R|P!9o!VX{oe-QmW&VV>Qw%!#b
x>WY|6Z%Pe&?%r{Uqy%?&p+i<vk$4ca@hUmvCBXD*4g;H0k6k@_y3G$Kg)G<7|h=*{?tMlbGSN55iHgl1A8i_EFGGTR%!U`L-
^*lJLa&!_ZltUkEzH63bcwLN+~&!(YoL|5MgiUvho=67JO9_`+b$&cDzbr<5L9;F5Lz4M8<hz!}HS=5taY2|{1sM9hT-9_k>iB`!IxBNi8q-
%NQ>qa2gl!(&FI#O_J2E3EbH2+l_VBDj3N6+-x=G;js&?Ln0~8&#Mz=PJ_MOp$^sO!!$^Y)S~1pc=<35yrAB9r$8hhNT5KMK<EP?E0Cl_(r};$eilrjF8uFB}@WFoR0SwwMOpLEayQ-
h;4@3!#aVf*J{HNUnhJOK-n068KUEnT7ujSzA-#|bVC5>07Gwa5Qv>SAt##&2*e3{5!`Hh&WnKbd<T^WtW{Ob-EJH9=*k8<iebXZxjUXZU<JEVRtWjTbG2v?oS+e^pzgKeCSXt9SYpY
LpfJ!kyJK!7U|5G)=7xBVSSLf&L(2d|q6ZbkL%`A3?l&Flv9h^@YiQBPKvgQ6!*0|)Kv7NtKgow%s8?EG14t=YJbJt!3Jhk!!aIAlt8h-
p?Bh8UA=aSb!V&!ExDQ$uI^<WZl)G>E<XqK938DNnIhzQR72fOVAaXTy9kW{4Q8ynD7ncKA3_Y6`oFk^wp+EoBFxk#L+?gLvpo&QDYWcV3N%Y=1Vj4BgkGWoAh&i?ZnJwVJ!cE?KSi}
gJghU22zydV_!tlqc;Bp2<yy#?uF@WAJIl>q62L(N})#9N)+hnoOeQw84>A()`kWi)P$h|@4(9~NdNpc_yi}=ca?M(T!oO~a3#p9>LGH$A==`&;1<aK{gUI=XLRTZlg>nN_bKqLpc2_
k6k@g8I!vma<UJWB$GF3?kZkfJ$2H0KmrUgVe|AYvjEL7*m_ar}I%5T77F$X;R%0Zcszl<!KIl2d<N>Z)ZgWe%!SJMD%;yH;~xaKy3R0^y~3K*n`{^+SSBny<$^G7r8Ha3>I)+qP|5C
x@{k9+2*3tHS{cP&3R9{uL;1tNcXeBqsZW8ZZMJVciBQ@ApXcaAH{+#E%zqAju+aV(vNl>eJ$s)uQiYao+a>FJC+4p>h`c4C~4)vAMD%o|wm)o?61Ui5>v?p`MPQIO^G6cw%sjNbFty
T1I|%t{RBHL$kf-P728jWZ>{=01mn_&XSk$EY*6-$JcFyvfP%YE8ci}l_n}mA+elhM<TTWa)|a!FO=Awt0WbTJZFDgjYUw-h3~R}AG9F<i34W63b*hSc=`onIySGq=;-
*6)yH8ZZJ~KdK<M%IS!CNAxNDll=7Y%S8nT*9_B&u|=NbePnny>Hv<UGwk}G;1oq7sB56yJe7CTnGJ}XTd^f5E$br~OQ6}oi?axVGQ+^I41pDe_X-
JY~g27SQG0QxJCb#qvj#X2&WW{H7tMNZNl<D$7i3dglMH><FDv7i~0nT1FuonnD}7<mXaus?vA#L?3k2&fPR+%|wGYA!i8CIE(mz=$wJ=%GAU8+Q3>!mKNcJ1SS{4r|CB-GsbFGdH}N
m!BLXL6<GH_+@akZ6DsB*Ga=|c*CAv0SxG&T*CniGu7+aY#=JbB0tzOQXer=8}VUZ6gVq=!e&8-
MXrS<+(!%RxvAz~ro#Lo4OZaW8$2aW3OJ&di6iZS7_$hOjp;B$#<Mvx?iww+hU_}Kqs%Sq*h0Com>JG>>My<o9t~)n(r*Z?8xGrCvfVsyCMP{1Dsw*qiGiZ5*Pa~mP4)_rsN3_JOeiT
*A7;spjUg-je9Cd;v{R9$GeZN}b4)@1Gy&aGx#^qdU_{P-
e>Dxa;Y}SwJ#wb{7Z?f2OgfvdSdh7#uP)mKdzi7V5rG%Ifo8WZW?v!LD$%AO_Rg(9G<(Nnv$*#*@0oGg_FR!VDbGJ!W}hdcmbDg=h4)Y9A+HLw8mK$*m2}ukP2hax44tp#Jd@XrhpD=
G)ie#UdK15Unl|wb>q%F-Id|<8oXCI>6N$yXgDYRE1fu58-
#eAt*;{9EhW>QkHk1FgVG=?5_$ggQZPYdGbdP0fCteT`<TX&nqqgnx>DA=BvOYiCOE|jouhrxy`Xq0oRdI22#YZQ1FTa&aG~*q<;@DExHq|7dmumWetjxyP^TBNLKTW%gx~bDq!*<kD
wQ>pTkbAM>bvR`m36?F$zAJ<U2~LY2Yx;+V&@*cpk{be{H3{yz@8E1YV6zs^gO89PuY`O>-9nJ4$)hfv@(0c2r?%YDpO1grq*F5p_J-
59YQ6&XF<mefnO^wZdh)kA+HA_aPG{4mVez#&gQHTh#WAP~lJBYwGif4Z(wh7LTOhY)Na@X$&?XaliX(K%QdWfkca*G0yP9{wTGJR;{56}xk!62<zCBhD@y-
*|nPDXn{!lrb;~{5ztk@h~RV(FtVf`yW`Kq&a$eBYc9If=^Q;vo*Wz5lm23?iN5NiF5x$2g-
+@h+X#b{0<*Mz;Eh>v<~O>9lRfPYu>8L`}bIEUH1uC$!w9aljLC3i%@>+cRYwQ8k_B7qJy_*_uQ)qYb9jm@6m12@^D^DQuHnLHHmS<udwsn;kROq3im`9b(fVg@5#wvz%B7*&s74i_K
h0}m0Dd<91xbb9s*p~*`idh*9$6Tle>RHdH_6W^-2GhF`R@8L|&+2)w?ek=~fF0-$f;aO4RbY>i|XT0UPnCMHfPm1+c%fnI}Yf)GWKAR~JCa2u+ozk6dt7#8dPuoEzuz-
HdPs1i15@v0gsb*nm_5i(z)%0>sPIf}>j+xFRAIxD=&A{HNcz9>r1=s)BLxy^6(E+3nkFb!T^di|Yw3zw|e+O`WmlZE;FHi|(MF`o&-0|3v!VFw-CW(uC`shbr(hyK_fL9HCF0*xz3u
HPPMYpMW?b+9z;OmBR|8fg)&0smB27>&+tMA^1X;w#A=s*-SJ%pztE~O1RE3Zi8YQc0-
>V%DO=weOm8h#vR1aVRwV}TZdbIwP~K>W^mwb|C>i9$&n#pK0tyApy&N`uh}qdj1%0FUoZ;xrk^`%b2xL$A#V+rY<?O2id2pbrvx#T7xW3&54BdEKgpzwF~ut>6^JE8-H<Ye3rbp-
Eyio$d^cjr^t!y2q@Tg%4r{AB48r@^jm)4-lMSf{5v`%m+ft*)mPh;UXolqFn#P;w5^*4j^^ndoh=@aUsI^iqE8Hnm(qlQ&Tdu+}0w2b*~m}5+X~0_>}H7v)AcbYo-
Em4IIWsyePF&SZ<p$(pl-kG&#>Y4pPNjVdF}<YWjq!6|u`xBG9@EvpF98LVJAcBE-Z`LBOk`vpVV980mrLT;^&|xE5ar_0uS!@?`Q?lG(xh-
NtYoo)9f!GO_Tvc!t}c<grO$eb@_+C1%C2mb=k65_Gi(J(C~<E+a!W<C}oRqp*wx!Rz^HGvqo15@?jglSq#W2qwU9${#v4<Ut2-%d5DnOJOH&B^4kALQB-DF)YHnrU;?Ap$<p26kd(D
Z8$4=V7So(1N6iN_VsAcW1()~`l8zO3SErM46J?{@sYc$0MK^W)~-
3jh9}sPjVVdE$4N|qa#w+Iq$jtQi2G5qGH99Ha1S60;faHYz3+`4WAT(?!WJ9mG&?+7BTX)&XQzAl?5H55)G)30FmylU5h*9NuoOa@ITnyNSPuMH1pATdLBoV>m65?IeB2qEI5G$>k8
_|p#g&>^y@aI-@cA5JUJn+*r#{DuT}`bHIC-
k(Wm*9S9C+oFLali+%`mdzdF(;U5<W{Jimq2WdDo3;AcPO@`E)T^@L>mzt87@Vc1&!e!lI60F)NkeAmOU9URx|_5jrS3ELYiA)yQnkcMQ0E6~0w6j^JU0vhfS;+jP`>IUDU9N-
;zlG)?gBK<$dOk@5{ERBgt&pyD)ot~SK1U#mggKzDL{jh|!&<wrmShcgakaCFS#%5Ev+C2E%gTeDfH{Q;~rdqz@|XY4jFX;8ox+7~LL!F0(x=(v8%d}nM|Jvme4!dRKZksw4d=E@`Bn
UV)Z@Rf}|zc7xK;Mj=333JSMFM`=zLvkiKHP2&OkQXd^p7I0Me!$xMur_1+_#Xjmlau3_iBNt(T)ITh&T{0x1L@lLac-hhb3SnHzXj*EoP_y-
a(}ZZx9g0I#qmEE>5>|tIr3VhYa>0#Z9d@c2i!e}yGtJ+*YV@|?>5Qr|1hhf<%E7Or&d!X=tq}1w<aGg8ahb7rsmv18o$j5ammN(sB5Y+svrMcrfri~hgGqe{JGlhr{?D2!N@&6tBv9
^nc!t=ddxV`@K1P^Qe-fZ6`Z3K?&PIaYGW_;Q@GYbymO5i($wrDCv4d6P>ljh9$U#z)rEdCk|MMF6|%!YoRx=MrZx2hJ?65Wnh(7$I0Thn5EkKccIl?WDZ5QKHS@JpMKrjR{uotdoo>
<z-b~%(!LS$t&E(*6yPV+nbidz2o0^uhGO~>v+-
#!9zemLc@22LldEhk=R}Oa3f(~?xsaqtFWfD?8kk&cfX@b`&Rvx4(`qKhMHk0N|or>z}oC>aIP?nKA{2$Y{j2^#fGirX?W>f1SbEN12A1$JCvDq%@X2pUUxUd(pupY1w#D+XZvuc)2)
=cnbx`0{@Z7zdK<GkZD+NfC4Md)Q}7VCfurXqVvA1tdX#nE!=?{mYK$K2++Tj|ZzrOC>P?sBLoXY_e7n>r-
*JQco*>SzXe{zKffWe(Eigg)C$?L%M`t;#AX1ha3AOwMmH=6IQ!nT?_*^6@r_Hhi5bjzlc-f}}sIcnsvEB3djX`tE|JR?#O?VW-fCmJ|G%_6t@o5wBk{`%sS4Y+I!11aGD`jh?PN)a}
X8_;O0qMw=zKu4t*(3lfW#k2K3=Q&0YNI2_26H8<=Wv_jfSd2kynP?yj{9uM^#b$ufCoQgHQAhEw!&P=5<tYDI#Q=$kOSu#>=UNG>|T&YxfKmm|oOvJ}Tt4gMZ!S;Y^&slIt;L?l8=D
27rvo{wL?;2&ni^NM~)q)#TWU>yNhA8X9R5R1y+SCRLc=(K&E%8JwF06~fK6>dF{y0jISOL?^3d5<#WnY5lsD=)AmC05}AX4!IYvkPBUDC};sh#DpCX>DdG?SvPonGGsebo2Gj}N#`2
dOwlp!BCV1AYIYL33@gBL2hcR&G~xTF&rGR&L?@gj`<<9ocHK`waaYVLEO;V^NTRzdlpd49oXfh=LrT$2V$T-
(TUSZrH+sS_xtD*I(t`s(e=+Wm%Kw!m2B=z`E)t{~JZglnf|=n1=$L?TKdoYFnpe*0jsXKR4T+)Ytw2)nZ6If+IRN<0`{!55GFB+Op{;U#(gwcsF@cX=pgBdHlYt8%)j>%td`5z`B-
$E$K0|>Cjfw4MB0}QHNk&)nTp_Ob{ecyHj;bom{IT;w1Z^b|Dc5T;yxgcx~EEzTTi6S+dtk;p=oq3N9yYHNjgLX~@6J!?aSnVn&x;mMeo*>enUNtH(bqw(WNEbr~%P0F;5=bzvyk(`n
cklZ1u*r6zBq34YV*F^vTG^Vi!|)g0(?@n&jetK_<5jn-
`6<Odp&D?ot{r)Fbrj4g!Uw)i2xA=SE}OX8ItazQFbE>Rtp5p^J5N$t_Ccx=Auin3YZb9yti>2$_b?=JZU@7zI6bH{&0fwE?`yHU2wTraH4`Zj3kpQ1K8Oz@kU@3B5aiK$S`)}PX*&7
s!uW@<;lRUtcgFX2$@&GsvOn7>*@Il(nZJl;-&W)A_f(pzbh{Dp@4icY2%>S5n8SVaHSMs-(26TD8%GQNo&Mw}3gS+7#>#T)Wo<x*+7pbMpoX*1N-
5{A8ds$4J0(rbm91I~eC6B(1E9pv8!J=eW>sd8Pa%cHrhu_f+6k{75pCb!}+=Soh5#@!7pytUHE=1<!>Xd2~&-n3K8S{c?^=KJ-thGUYt%}%t<K?mvkZ9R{w=<!cYJ)^5NKwXPjGS;U
uAI2>p0+~sF+P2H>qQI@&Ex|fhbD8hehP1B|=mRM|YvlT3+d6;zOOX=f_!C`rYW9Sn%nAqpOwvR@<uoK|JLgfsFzO68TdliOrDL0I<WNwqc0wI7-
sI6+YbEIh<l72u$fq`GD<8!Zpw)bjExRX$*|w@KKrA9WeNo)b@A{|ph4ppItbF`yQ<Qanh$i%gy1j68f#y)3v#py3H*coSA~zQDY1eYEbfm{}67f<q=2&e1oW^aspWtO`f+Mydv$W<c
MKj4}+=rJ1_2gD%OUk#7CU`Rq=cgit_Bt|rlyJ*9ERwXW;l5q20IaJ=a-
CSEk#9jbGpC7&;Scy6>XNqX(%Ix+WnI9Cl|!`$K<ETvr&cYPG@s=#@3Z7?C7~2CHa8>fXFo(k?I6=xEE%26RO=wU-VO-
en20hwTmA*nx56<WkW0-C-6U<fLIwshnWCbKcID)!qQVn(33ae%__t1MNe9tT{M2?hlPn^pJD>S~A~I(H_johy$-l9r=%jXC{}Pq--
N|2|@XeyzKyAlzpeCFjP5x5PqN$bdbv4fO@}>4T$#sUfF&F}#<Z>1AtuUN)IT}u~&sHI2C|2Mfb^@v4tU0kgRKh-VyYq@}gf)g58X-
!$$#wVCX!=DOqS<qeNfQCwjT}5g#p8E4fqJf=Z7>SboFZzQO~Fr0Z>g{53vF1uv3$lx*N8!WW+2}x$t8XKw2Z3i@e_Ca<S%8nAs?<GZIWz^8EVtXsmrvbYcJcWQ#%5=B`0(?7Z2?(MK
fRE_RX9OgOf7=Gb1^)oke?ct|p(#dPYaX1eukd%#6R#gy<gs8qs&*zgZ6iokTZ%7c~?5X{OfBeNqK>sq4Q=ca9+9J5ty+eXFZ4N(txZg@kj-Rd8LluRhnv<RvOb$UW2zX`v`0-
vxywY>ox04dOuvJvn6ko4`ht(HV+?rfRto8yt+~X|ffPM>>CKMRm9+Md=aNIxCn5)y=*2UAjuh!s2D>&bekiGKC!xyzk0oyq)0p)aj*io|OCGB4Bbxoks2BA3#n7IBK1<a+qf){1GRR
Uz(EMyI-+WzOcb9H{0nRNGqnNXIJ&RLxS0f7rKuXh?IVJn8~Lz%-
I=YJ8T8NkBVqcN_j$WNJNSwIcJs}SP+<NCwPU}KS=1{dor1a2;r&kf#$45K2B9r=hm=Agd@0;FVK`GO^Mg3xoqI>>(5K-(Ucm6x6~+_Ste#eEQi~qNO7!9==NU2JY%kgA&04L(eh-
x30N+o=462Vv0O$l*p=_oS(-
)VtR+#T_Xvt4xnY%ZEbY?r@%!jN=;wQSJMC$NmMG`NI#pkwo~4g}DHqXVOC3gkO|2#kQ2)@D=)?B}k%8tOzuLAN0_$`VnxE%bl#(<DGrTzQ9982(octhj_xqA&+D}zWcX=o_2)enjYZ
^ZwONCQaXy)$s*k&!!tt2GFA;1aVO&tWa7>b}?Dpxc{B5CT-
#NyN2W<o!7<0FaDmS?Tj*57ZdjzxoB=`N%gFH4s4#Q2_^h$ZCYKw8Kqu;!4(<QfLnn#Qb3LkZ;k5XGdOG2B1U8+y!OZ=e)-AP4iu@3$l<<Ok7vlB>EUL3HI94YBr-
eqbS*lN9-qDz9hf59$8#=cs)AZktYij;ig{HOJ!2J_j^ReOffZFM67?0mE3s>K_)(gnk-CRG|blTKQqSDYlaz=ogeP+3o{f?8rwB<bI`u-+tOgNwG~I|GcEmp8R=Puc+-
0xx^G^=eF<195JLH^JqDBXoz`M{#ZSJRg|Qlf2@+l)I}^R)}Q}~NEiJgJquqH>(_E*_V{N4juPg=JDRk3SY69DFvioq?IO6Xcp*hVBXcBuV+}`tXvmB|awHgI61Ajsaxx;j;e?-
3!ZyhSFZ6X9eA7ESgjm|-pR1I*EQ<oJ20R-Me`<18HuOq|3v{V{I<`H#?I*eIGC1A#=WV;7+y2-B5$B{#t%u>z-
wt`PZ6`l&;mQ{DB~~y$wj}|{AKL=~2QSohn_u#LyrB>nf6jXI$4!){lOH#EN{>`*q{y)xSVlE&L9cWu&pFh=bB#b#v@cGBPlItJ_m&HVhx+DRepXJdmWMX2(+S>T2Iz_YQ?z~jsw59P
+R~vdDUA7+Mx0^qPeqh(2y;#FX4(fNS#$ZkNlAe+4lC-Ou1317RV>XvZK4WwS<WCGdF%NW_09uc^5BvDYf6egpZs-
B&F(X7j=>7yuUoqAgnkpKAiZUAW;PCdBFNhUo6xY)TsIfGJa;Mww{1jNr;R3fJMG~HV<nR1`4hn(z`IXH3#9SDUaq;T#Pre89ZLgsCUr11MP|XLayG-
9!7F`>AgReY`KCUY!f&QmXp>Y+!>2N@|3R%J_hRxXulG}{qCP8aF0rNEdBQsdnK0m<f;70P>!Mv2ym!v(h;h+SE`F8FM4O$7I5n*xD=5n9Q`1Hy<K!mb{tX8V_7A)rK`6%$%`$E#c%@
+`C1*+BLisUr#=EJTEqGPl)g830w|mmDc%^<fH%5;ITRwECny!2#rAg`$e@uG>C;~Y~N`iXm02@TOlruqU*%h>sG5wkJYSrYEpYw`L1;Nuw4WGwRP1+J~rp_`rS$R23x|UUKI&~jpb;
B7B{ERXC4hWom_q7JOkrXQtHG%W~UZx#gV%JUkCWj}mI$h)cHgtr#$Z808ZrQO9hg&b`N%5Qd4~n+Jb>+yitmw$Hnp)vjyYA2Lq~M;_q(d+y1Mj6QxH4=i*R1mm^+LU&kvw84&KrD39
NOXmX!?+Kcu;%8jgJU@@1<%qpOjYHd^^F*)S4w1ZcX;YrLo369K@~B9szYIoEp54I3;=sivBF|8G-
Y*LN|D_n(%WOr<kPl+D$E(jw6?}bAhh#W~j`r?b6TWkdt{WCO>ENBmtH^<`VyvqiwP6=;riFbC3jqE~f$2&&{mBSTr*l3q%l2`ASofI(+;DyGHM^z65cGHP&D2XmsfpSvK<HxBS_*+C
KhVk}$%||Ge!;la{0i&TE~If7s)86Iv$z26G5yfH%~X5E*1_>HbcAL_g(pPh%IbR{1-
*po{IAJ})_lRy)sEug7=(5!Ff2O#VT?sL{!uyIT&lH2$Q$yK?dmjt|Z=%xT3#^ncT1Nhl33G;rtycc`Anhv`sBZQE5FW6wcywiExN!H%ONIRl^8+o(+^^Z{APIXajP(%<Su-
R$ehzmCV_NAk`G%kd+5=OcON%P<>1a(F&+cs|&TA2~c9IXoYv#$TSpqv?(PIls~Lv8%F6qhPf(_8Hyag6-
HpM|bRB$9L>+6CMwDiH#18G@4^Nr4N$XCAYCf4BMi~{_iC?_E!wYYJqZ6PdJYKCCSkx9dP93L4WC=*pB_PbjSW#zGMF^;jzEVc<e7Jk8^smsAEY+NwBxGAMMpvmj=X^5h2$}f|YISRM
prTLErNkW@P_5YGi-Kjhst4k(3>PV87H0dRWqpb!5TKRWwj1Nv=}3U;a*y&~rS>{tl6{zsICho0)FoIi1pE4@#!r8#$Hz1*wt*$P11T-
8JbVCIuw=q}vqBDhKw$|FlmBu4R8owmhV;9RU~MO;__1@v?u3dD&l4FDqV4XUtdYJp=4u_k@kv-=|~t&+;+jF`TS9nR<@$a#Nsfz(~@Z4-
`%B0n|)Xl4V+^?d_Rwxz~%I;aPdC&qKdl@{+85Qa{E@_?W0bmD0bZO4oG8Ucflaf>Sc2xA5V>yR5K+!n{jett^jM%(GmGcX*3y>7pjtiDVi3BdyZ3_lqyVrNmx(zg;e6^Kal$_D_kFG
;#A#$3bnbMrmF!E0vErRRk3DBzQH+vcF<krif~vXticy-XdN0w^*0>Dt6wng?rgwkuT@GC+G=HdD!SF$S#?fB$-SGFbUSJ!rOez{vIK-f5OPbJp&HuF`duuxSk-Fb@kPHwUK=QP9)9#
T`bN1f~L9Mpx$Q!b-2V9M>3+9luZn0&Vz}-UQm+QdW*$V5~n=X>sg%rC5;oeAtxt2%w-
X;zr*J2ujrf=Hk*%rtBlV6g3?JEiFd}!j_xJ3v%lhYQfC}UHIut@VtB^q?9NrKEY$v#qkbUQxFUI?OF`p{c*8wxl}mbrud{`;&T>_+7o-gP+Z@pTf&_|-&1AnQR}$l8;#^WfvF`%os-
lA?iF>}@PVeMIf^5cJ@(gKIs601GqlDQJgtPQrNA@VI8(n0SH`t2NMxSr+7CI@s!QC$)lv0nn)$^Rv{)$w3>Mno(9(JkPkslE13qK*5y4c!__th%P`F*x&e@!<X8|5VL<(;aXyF6X|n
tn=3z})RJp?UQu4k|S`BuDbPoS!w47Ujq0c%&O(dzg!y4t7Jq_CnM<M`A}K#k*IGea<MX<_xuubMHiCZ4!-
>)za_v^1ys~Ap7TWz|&gA@1VE#H~Fo7dWPFGF6)h*P0LpiUKi2OP_w>CeeLgXU$ye-fuYQ7lbndK{Zl6FQh)pm6}G?N!dB>{(tIT!w!bFC7PGT1DaI`p9l_JS<nWlzyc-
@~XW1OKH`ufNYv{B6ZT@VlgmmO+JF3gfG7b`ZV)FKSno+ypBC+B!4-{I&eH!z`n>C$c_a?$@|7yl;|9Z-
7f15K4H(&^WT##nBr~>Mf#b|6SeJwD+!lCUiNwg<@k)d?;+X=PGb~?TN9ySJSOGo?jmn_?=P+QW_)=fdN7E&p{zQMrd8r>u`r1%eA_W}jCf0l#W-y-
4aK6wuZw|@f(w||+1+h5RdEf;>)&I06L?EMoXw|_#(-6A@^o8eLwmc9mdZhxPi+rNjO+utMT&N#MuM$vV28Cl-
L646KUy;41DSiB3gJ~08#U6KXnydQXH4suqlS#gKl%ll@M9OeiJ3&WQjKHdWMisTz7s@}m)v{zhTas<-
o^U!_!=lQ<<IpG&})3%N`NWc9x>o;v%W}Lg1+~59f<X`2TxmWt@0~MIOl|ltQ;6-
iCPORYmf)?zh7CAMIrzg)jH<;st1o(XdT|yD=uQ<XQzYGq_qK$<y+~1)L_t%`^3(XW&&+vy8)*l*DJ)SY#;haoN!jcA>PuxEx6hoH4)*DI1{R^z({wA%MC!twpyXVNo{d4T%{#Eqi{$
+k~|7wD9{|v*}OI_?%yVJVqS(<Tw#xw2%Y#voL^@(iU-(nlD&UwZ~L3X4Z_IwPB-jML$ecEw<$vd{p1EPYt+udLv_qXZC4!MnoYX)-vECsoLj)UCaAR%u<-
d?o99I)LbFJQF=w97J`U(%ENSMrnlbAmEY5_{VU%|nU5V<wy9iMHII@s>4=j4MrF2Fx2m-gjxt{X2Nf{VgJMe~-
!BUs9Q6GFeL`ZwR5ezr|>Vev$w)O<{kZU9p?{=jqM;i~Q#P3Bg%{V;*k>9R=h_$Gz~K`xgk${d0`x{zb}j|Ah05XSdeSzyv6n``kYzKeK8pwrY1^)@y%Gf<CF&IDa1-
noxADM0KB$qN^FZ{@4sH-9C);=>8dgbpIxTbbps2-9JZ>?yoq~&U!5@g(V>DT-
B{5oaz2K(sX}^HO)O;Z7!J8{T=Fb|Aad&D)cUKTKUCJpYaTPy1$}NljgCv!%`RaKDNn1GDkrzHqAM+y1%4W!*XYlIn2!G=+*rles%vEf^~n%u$D>R1+S)ATZbj7uUV_r_9fRE1Cl2Xg
JOPxaNXZyT=&mYuKP>QHPjhnUR$AbzB$kAk%Had;9$!m^L~Z9z!W-
mf5FGDGR=dqcmu)#H!ot@azbH(AWzhJxTb9@CyaEs?G}3*+bawQ&neuz0%&>{JnsI2$juMwNo|e_TS}Q5e`I#|ucdbP&vCo^=gHmu1-
tv)`=OSMMDPBb>3s$!&39A2?c_nV4Pn^>@2$+6Ll+MN3A}%X1>RrKz(bnznVM~sx!&}*_~88oA^ZXe+r`_-
;mQs?O)wF4eZds>AG9o)o$L~d%{7zS)zN|zf1I3#R`I45%5wH6DtZ4VF1hlOt@b7_DdknFaobu2pc<Xn<^2`CeC!W<8!*Wa$e%`kc094p`wQAR8zq~aQSfpy(3<s?pJ$=>XEbzrervg
Ln2FxsqM}=K-uc+w4RH{JIV-b$9X-
9j&rk1f5Y+qkFx30I6!rdjj(UGdQXiH=I>Fq>OU8OXQq~a}gtFijCgo9Y^u@qoSH(Wov;8G1d;h^@|KPHJaM?e&>>phA4=(!$m;Hmw{=sGc;IjYcaM^$VhfiO9`|b3BKGW|X|D5)ZUz
d5=P5wY{r=+vssWIH3Q>s-F#T-`Qw-;+|==QU<wiPR0@L-r#iiPxI^#5eb@e_H*g6X#r%XX^49bp3}AkgF>!r5ZKrP%;LZ4pf0oI!1dnJ*iSGRINLc9#W=3-
#oN;KZJ>D_V+(L`l;cp_YjMwixe*FnO^N^IE+R5wkQ~1XT@FUeLNl>~_Xag}^-oBxj6IU#hj{j*J%;O75dlW43z)9%uX<NDG=9TWh<|1WnJ|7-
@9P90P{SZwWqNO8F4wOQ+u%*Q70NHcn1|rwLlu>-g8-8P@Sd_Q!aSqv?kO?aJf0f}?6(1omlcE*v9sbK$dA!V_gS@72O`sog|}WfRrudhAB-
>u^EIOL};3^5mCO3n+ZiN0%iN!{C?D22CMPYtFZ06h1R=v7YMbdKUELbH>lYAs#yk(w4DcW4}_6P4z;SCo$_`kr%994vndC9fuGClX=%n{idrlY}RGN^i2Ef(s!;<v4s%J+m)88=IM6
iXqq?h2~BUT(hCvwpy3yULCBj}y@C-
ZQ%l@d$(?X{QQp&^*&#`8j;?8y)M>Mn>=$m0OKlOil~)L46@IzI<Ctk?cnN!oj&$2NfOAp;#Vh!lV2p!ffUaLNU)A9rJr&_Y`8JF1&Qd|3ti*R_G`wjz5XTCeS;35neekO@Hux1_Iw&
6W;Eo_k8!TyiAPhiY_8`w@X#I|1HN=HQA*Mr~aZstii<E~wXIermK9(dR%;`BDtcO}UkZW_~&SrReO+~fjF=hibJtci}!6Ng@Ze+fhknkDD2V%{!yCiH`M}jYrrMOO@%^(66gHVjlQz
B?B#wCFiUop~P6P}?M5XdD7@^g9o1lW5=ozclqcr5!z9Yo<h?;Z37uL<E%Kw;y4eKu}|OXH*y8G^d-oSo4<A&yf|#VlIP#*>D}{9SEFS^j(}^!$|OLk-
<9zt?==PZ_fp`U)jIU_lTUh#E0qz2=zWagJCfV)N|jn3yQ`LaY3QuHcTtWAQxz{43nD0LEO<t$5GkUL3?2Dl4L^H&7I*!nX3E0nS{60ks$y@vhBiY{9u|HqSS+y;=ze!k~*a&k%Ue4V
R+{yxslqC9eVSe$U+)gRbaxhY!R+yRIx3c{F!j>K`lyAb!Lp^lj7|U$Zy?*t;I<=e^YT_HQ!bHLzKpmd=O%+@O1)oJvH2Jw&7)$aS%>BeGS{MBSe<v^ajBvUpaqp@DUawqfbjv(;1nt
u3)DpS@<U<}n+|W>`^FR-h9hY-lETEfQ>Q2&tpUdDk-VSc6Yb$8&o8NMZ&_X=EE3t1SR7aB_#q8!MCo-ODnl!d|@usky6q$xCC`?!?NFy{s*cE=GpC0uK#&j96kIaazq3ua~<A@0?R-
1c8d!Z?pwe8WGvzjeDIiK;pcNK4T_Lqkpz9ypmze!gDHCbxnPT>RG7+GU&{JgBOJg4$_CdnibRnZ-
$Xq?&h?rq`dHw{SR}RvzYD>u2p^UE2L}|h1O5_vB;HvBWGD{S4SgQ*W^OfoRj9&M~;Rq>l7ajJ2^iXO|7lGH#!IL!{`#s1t|?w-~>+Eu(-H^+<-g6d%UMSqyhju&W-
gJZ_mhlH&H!)7w_JBC*L7{_sXI7=0&^e%{<)Ma|}7_)vM|=%qbVP&w33l6!E2-i+u?$fG7^5y(s@22|oS+)(Lqp(8)RXR7A~-o&fYSf~|i+HoL;;Ld0aSeFoDt-
3suTb=bxFwS1UM>a)WNq}IGob2Y&7NQH8@w0nP63g(+7du{~OxIN@}cb?H{rZ^bE<$`4!p*4r5>sNqlyU<?aW#Wd#XlN#2_ynx^GmavYG*pc&<V8kUlO03?h~c@6nz=tXY>%u&;iv$W
Aj;2d+=08kKY?V)*0n$aXmtSc2{7jD)ItyJ1t>Nv({TO%2`YY?!cbyGh{oHOi6W_~r!9#vZ^9=y*f~p8wO`4)wK7S+<dAfTFrJ3VIlF)$qMadS1{W^yEW>1Z#A~RW@U1^HRJLT<9IH5
Ej>w)awWim##>$#BI(v>152*tj5hg9fq+o<=^OaTuH46E;m)JQ#_vqZ#F|iJ50NbJIg2Rea83mCmmu3N@`Ih7l&pc$r!)(WFTmrc)XNu!1i1lLCiXHnxFVkE@Wz2M;(JTL*`EJQ8R{a
6AWMOlsnG0AL)buKVWhT%nWJWJEv4wu-G+D>;77UteL{G6&e+M*k`lu|r4SZ9;W!%w%Z-KP|2$F`%Oj+Wkw)27p$~m#1@8IP?58~}?HS{U-D%kNN%-
paI9}+YWFwdDxW2}~A0`UNu*Yxp_etHI%$#F{j0WJ$U*b4ZKaFSeEKe=KNGJLL3JKsVs&OP{yLHrWnnOBeQY!_q?xkk}>s(Z-Gp|f9QZ=iWGaP%-
yH>hLsdc1u`0>%a(aA6P*R0(Tb5JkX@aAz+fZv;rN>NFO4QPuX8UhihVQUMj^&tFdD-~4+vMA|Ih>mR7p$~>+C0P-R4n9X}<FBsX-
%kO^w$8uIae$~`n+f)<zV`}=javiC=;^4t;ectzF+cs@FlM}z6n!v-
P*c2%s1qv$ZSdy<D`rXV^=4H(E5<jn)Vu{5$KrU>yypBfH<M43jdaT1e9rCbrlzS(UM@^O~HF0L3wbU$0p<dp`@N7NkFIx+NU~g}r%s|xzI*k~5PF7`fk}==FQ73yOAO&Ev)Np@L@*c
0NNYZ^GyMLaR0R<njlD3tngQ<)gBvV@Xu1b@^!O-
2qOO4nSlqp0jtwu~|z2r(F)LZkbP9G4D=^RsLW^BNU8UNS3@WQ&7#__9YlRkc%*G(J6RXX|V+o=hQM!4!h@j@Br>T&zi2gH|MUO|z8@KN&JZJEl$G!|FD==n;L>1!fP#GxvMP*(wVmO
oBji24qbdI35O@GZc~ipJ2ydb}BGzbAlZfa+hcVEEi`vVNOl@v!FZ4td0-
){SNZom|KrgP&wL<mgq(itEAPQQ_=zqe2!AoVioxTFnr$clg#UHz$7#r)=eWGDx^s$9K>IAT8R0;S|WK+?+LO0!!PngBOWj;&_&%ax9qG>uB5+v4<6LSZR#-
+nSn&B`Jg{QvSrpl&e(^_R~7nY>l1%k>C&(Zx{?<J=VmeF_BnDhmOjQ2Pzy3vgZg#wALQI#p1_KBbZvDI7G<J)@H>+oH^iSxn5J_SPZHmZiqi>4XhZKTJeqjZLqpdwjV3}8<mJ-
o9K04`7s&jha3d8d4ig$#%7jYw;)_gen!NPfFZL%pR!iN!h&#ZcoHJA=;D{9s{W`B;B)yjsoDX!$?{sLnLp$uHE8rsPgd||TpkMofdMPZg4$rBuhs_hfh=^9t$U<|2dB)P)+4eBc!=q
da1OlIGs52G$cuh&0i9sYpF9o}u*zx|n<VBcJ79TGVeJFemz=c<PSY4}67O!fS9roS!mdCL!W^6Bxtov=rqdG+5^E;3l&)@r3)Aut2Vk<Sc<!O}8R5%F2v}HZ0f~Y2oXJrd`J8141R4
{G^VIE*#PnL06Ee7gu7qVZ#=so_q;*mbO)rPp<RG{pIGgTD+L9%biD@Z|6my+X7Gg{>7RYG}HA=$8`ead2M`aDc<n0I%9OVZBgTeS0_K#!gCvg=QqH+ya$F!nh%_Nq5Rbef%^;$C8;H
$@MUQQ7%JJZWa<}kI)A+WwxH8!6V-9o*?0t!wFjag1lLY~vM;3afAxyLjx8%C_812AeP(@Qg~unzHHS)o-
)ZJs07qSZldds#hAc8@rSq?6roU9OW;CUD$cz|v4*cW%Lq=0o}nN_3D_ABCWkP#bv>kp&#I5?1b{ZU`%q+^}(Xm`Bum>oc$-
wrchaDZ)*)OYcId9{9pLt|S59`V1n!Opm~K1xi@n=E;VA<!T5>na%uSLAHa5q~D)!{gqRl@2|hQ%Dq^D-
LXDeuAf_kt@lR^_8bs&C0WwUX_XL;z?|jway61PURGB+y0Tg8A?Pg*7_D@?f?1u<g(;H7z)Tc{(|2PmfOK!gD{U5*&{~!6-
19|_`LX!7Ejutu!J@UeLMfLmA(?89@J!6b>=eEK9SYLbdAfQ0N0HW#kl3uLW(1MH`o~xQBeF}@KW3TrRe#2qddoli`jZRp)hqs;&L3mh<5rI28l`zUZ*;fJapsuH8S|2E-
QRxtiN2Sm-
v2K+TN^mt!2{Ec7Z}5{xoxsGLU^Kv<2=Oe@Aim2_Ju8@{9<dO_dUf`J8Wfr(SNLk@HAdOsDR~MD=&6OMR^7N7jDP<{&{1Ss4w{sv{=bmz^lAZ^fCO+BsW`^S@iU4!hua^{5#;a12CXq
Iu~l$!c1i@zRLi49BV^d#?bgRdN5@CQXiIY`qtt(iP~KJ>HMPR#aC0p)l=f;RT*tOIih1Z=8cKwl5dQf1UGG1e}F4)cVxSqYc`5G<Ankzg-
!BzWLfjQ3D=<`)36KzCSKZ{;d84O$a&o!jsAu~SVpUr7=-W7z)Y=;0*Ai2U~DXFtl9(v&RPqOg!p3s%o-`|V&v>WH;T)vkGq=i?$jq7<VYRV%NlDC-
~CWBsX4<#Ty*nHeb|G}xQm2btTGmGyPQ~*b@&+&(Kx|2H=vH~jJ7BMstNAm9_rOrx^+bpKNaQ%KQ)ZL37P|fD)ox*wfc+z$V{BqBA%sR=ybQiHVOG<rj{&P=I%<izH9brn*bw|Y<;J(
#+HT3;~2~5KpOVDES>XTfieQ?8HhoSc6iT%Df_<_RaikZ%&vtERbZ|je)EVT`nRKr)%ZDn9L`D|zy#iZ0Eyo)kjUr3mxT`IZutZ_{9JZbIw<#_r(|&$GnkTC;lF<t|1v*PzCR=*b3EA
=bE>b*RrdM$<hOfQli&XAZF1q<5LpeL#w)t-#!dm>!QsrIjd9Rt+}FpBPB}H%dH7O#$^J#-_x69tS3t0Ir9mIFk7_}C{%=v=)1>si@Ew9D+Wz!jN}--
>dx>s4I@TU)L>_Yfn*MCA5YH!Fo3r9?MSxBL41}-aUrpnm5On|W+g1Jcnc{cH$$b4Ux%%6^0hQVT`gfPGzgyC19K4g_Po60LJ+slvYsKF%pf6ug`~>WG{S(#yH*yz8T>rQKT-
ER0hw=B!0e}9X{C{)GKNw5eSMG-yc(obe7>CK?IB0)Y$2l(bzpKLZ!vg&OYyrNGHpLXXB3WFh#OhMDp@Wr&>9z*-B3IE46_b_CrD0svsRX_vr!!VeKtZoKYr<-
w3U+kOG>f)XccS||e$~v<$Df+A?j~P<J9Ro$uGO5J_JGM5;e)J|gZ3ijKA2;XDLbj?9@zuE^%~w-
1*_$z8FD>u2g!4V^WYh_+v2XPmOK|!Y^S%=klO!153q5h2qSK^PU)%USf8F34?caRj1sAcMenB8QkY2oiHGD!vMf5I9QjB-
XNz=0#ituwBztKH?y_6W2NWG{?l0I!N2xL6!^B2R+NK^ac%pV-kRc0j_+@em?@AT22#}l|;tJ;Uf)ck%7zy@+VvdS4@_bz3fk-
=%sVQ=6x;kln%`s6Jp*g4<>lqW09G4mvsSs?50Q4oU<{?BygbsR8J#z3*0$rM<7B0c=jC9j5*+w?52ib<cf8=yh6H&`MoEwMwEl2(JV5?H*O@JC=HLCV~DMTcNw&H;)!_T&3`UQ5lQc
j>yF4J6cbr*bdhF1sOXKtA&c*b%8aS9xl3StLB&N-K*3e|pp;;#g%Sf5c=_FQ^~g*IH%uU^xm`GH5uii;}WLcOqs_<$0oT+as;R2;|x(|!uI8g?`(^>Cp-sQnHK0hu7fL2N*v!lq)%=
N&?P(eX27B_QcVDqhovB9Rf89?=7r>2aKnX&r}iLPrK2l=+A-hD_eD&&V4d7@0!Z$Xt%3x@<#6#>RXo5>QuTT_Rq%c0uZmav@_>XzrpA>IDP3-
~IlZWiv0QN9MDIkX`~pK}rMVp{9(5wL?5Hs*uu$gpSsn(?NZ|P+rcAtVpVUVM<2o!~hy_mJmG=welDl#<CTg#xR_6pyp$Wr^5`9p<dZghteK6QJQn-
>5?RJAK~;2%wUivVlFab3!{;d8&3(W3`Z)Xe-Q)#TRm}cEs{f59p<ROwB`~UM>5AXm@K@cpfX`(IC?*?Mpew@W17+q*|<mmwa1V*?-
0e@)kwCpNw~Q+$C}|GYIYbuV#<#fG7Hb+<SdIjOLoTL$Khb>3?z4t2VD~1oH4y4R9?b4PX1nYRRD{@b->rY#V^)_P8MOgYU-
2>!Z&z33V|0T$~|C@j15get_j989@7EyFyGrIb{5kYK|S!SOxwvf^loacTkO(sb?otv<k3vN!SAU*hd48b(JBwQ6b-XwxmD=BNO>xC-8-
q8gR*ljGc1*mJRRAu$iYl2cuW(OKX5nt%I8c7TZo9}dh{(yO+EBdDd`ps&HSlNH`EIew&<9AgTJO;&$q**fy0oNyd=X^#Tfp<LZxb`Q0Xx#&{IoUN??f$xS5?$@<ag5HJ8uJRJ|W0&M
Gn+a^}Wo@<r!VdWFgwBy7)RqIi1*Q0iw)vFCy)xlFHvcsx9DkVav%xXn>z3&gn$d>WA;e_R2xHRl!f{H^lScPLOld;F<PI_y@q!Y)+wDgK^1s}Cijl?c~TJ1cv{^#M7h$h}Z46?k^oK
O@$vMUwuPNVM_qsuw(vZ+;OKle2npIYYs7xn#kMb(dxr!ebR&g~?%B<z_YtO$#|e0qPV+x5-
ozse%S@i*Jy5>alO1+3hiViw70cZRsNzOVmoRc!#lpyK8!xS`&W9w{4lBIh0n#=G`UufgyQNfyX7i)C_v#5GX<!S%kaoC4nBpvYbIC`V`&(*~LFWsMBRCy6aD(!=`%_Av-
YjGcPcR{*xSQl-oM5y);*5tm6ZbPPRtH&_q_Bmr@XEqa<U>=JJ>}=XGt7s)_BVOexNXyk3_pb_VQ(G|JOC**j2HT&B&IdSxTjr7I;DX`^BB&0<SKfhZk7Nwu6Iufltw&=Qg#Bu`tHAw
>1FyCs&upB)M;nNmzpS2ns+sY2OfyYjJB1$W&`8QR_{Xv4_>OJku6$@rI5mbhID!#Ydd2>E$rIsdx8(x7vi!F$)4+1YruIYgK|<CLG|>dj$Y-
h0)&k*CdG4QLOi9Brvam~coTxs|IO>K!2@V>=qNwQEktlsLtVvkB(P8));s4vonb1ML`?I!oW?syVJEH%p34Dp@R_Bg@<49K$<V-UXKgb2zuBP?^s3&bbT|_5{-
15$LqzkQ2Bif0Mrtlh#Y{QIfx1!`8X0IzjP%68K^$5jmIm92*-Hb_~aaa1=$2nY%7!wl>tvnDf?MnLu-0q?hMVtP5~mCyXa5Rl%6p!CRNUg-
3iZhg{081;{)u#PJE>SKLe_&&57INhZ%<QK{)5IrmSK$vJg3ljLz13hi|X<t7q<Vova~M3;{F<@s0&!D7*LhP+Zv3*K>Ixs?bi2CJd2MbQs`m^ecXI7v5&L`e(l#~JlXGUx=In!eMu6
?EBBp38KXoJS*hCSg4oi^e!l6W4E7bCP*{D{~z+%doZb;c4zVy+Kiq?cMD4RHp;KIeR@&b~9wJ7i_7<>~*lh{zJ0YBTi8oGS_3y*F0sdgRt_(taSuLb=Eox@Lp!EJLfs;%9CVRo2xw~
T(!4gC3MPOSG*lz&c$?f>NZq;awe@vES8-12tgWFh9Qdr1JH~w;%lXron^VVEVQm}jJdg$@Ge#=<!ZvuS>92%>pD@hCsm^O<oqntOY#u)^yJSLdevw*Oi6#_eQ`F8&V`RO0+B-
NT&>I$_sY^v%9tPTDQiruKhKmOlKUc^Eg!KHaXVwa9&_z{Eh*=j^R9+Ywu1DSf<S=tB3&ig3_1BOILoQeq{FVV>VfSoUKfzO`Zd>dwVV@*BGAeAzR0H6JM~>=(+5awD!Dfz9?YY3GUi
71LQ4JZDpZ}O$%oHo*K=*+m;vYO^Xs{YC~6mT;kAt8d!IeO9{)%iymkxun$=!CZXxdg_@-L?E#d2Y@wEG_;*4rU5qu5J*fF_Iz#p<s9DAs5b(U|ht6V`UIOo2V?D-
=nnMbG0duvQLvv~yWXW_G2C4(A#<l%q*Jp40HQXF9TlJJ151YW(5*sq`5$ff46^=!zX_6BSyJKR28BvE6^up>6QUXD(uMlox$*0qTE(_Cs!X10dhM*ip*WK$0aDC88iSn{bG_6j4#*7
Dh$YGD9e9U8N%FI&kO)~<%zq2iE;$EsduStp+}$9ley1Z%+FQ<C*nf_0?#29P-B+p?=?r`&2$!Lpun%B*(Jv#K45#IR)!ZzNQ^TnIEJ?VLj$&bW5-
L9(H<Ocruz*uq|CJom%GhhM#r+-ym4`Lpz9UfD7C*V)ZCa+^)r;liuOZ01GDNH>#R9P;g$s%%Etv)Rd8Sca`m`Fwp|av(w2n>oprkh64FGVg5iG$+~8vYZWx$@^2-
&=`V*Pg9hmv$J%X@<Q(MY@)J%Cr#PgvKRVmrYT#+b&|3nNy^LnDaxG-49Z&p;A@%7p-
JR$oF^ZzIIMEDoaO4($WS&w<D15}Q;|*H4D>1!8F{Y7*}_)}5PqG7Jo9BC%v1R>UZ3S2p9;5M*KH?JiVo*x+`s+$)8ik@I%*G(Kd#a?>Y8>!pZ$^d|B`|pv#p%=bNlqXpXofBia3D_v
6S^TrO&?_Zn|P>gHC_8E_YzQtO{Qa9;i-
w)?Vd#%Ci(0yjd0g#`^hXRd|cFVy7L3P=XJLG%Uw@k%f+;>#Q61yb?T6A+=#Ke)nzVBV&2`cb1UMo~`_TtAu2zz5Dl+kc5j=yt9a8sNTBsTXCll{5uLsI%64loD|<J1^=|5<X8}1DiE
8_>xxRMMmuqdW=Dj&#^jvuDh8U=uEk|`+|OJY-
e$iK+Yr5?Kzzl)isWhi$yf~%7xHd9;$`2hLdg#0lklTy4dvp`Yfz?)Of4upu0rW>*<)Y=o7oovY#pi5dX|k>Nb9WER;7F?4=*1`HVf6AYON%)wYe(CY6UiLG$R+!t}De`RxafUf+zLi
^H-Iy+^IC>;_&I9$D}yCXnkw>#=`K3#+b2|Ir2wM>q${~SQ~^KxF)=mmjjSy^O$hW^O;1;HXQu-B_wnzbLn$Ec<bS;7QAz><mFW@cuPx^|M_deyBcvhT=E)Q2kE%t;=<s>sJH)~I`MX
QUISC@U#=B@JB;|7s~6Af2-IB{MdLd_<<}IAKP!Ccus*z1JKo`E;YFF40~vcM8b8*HKPYS}8X=kyaJl%i!k3|xpF(0P&e-
d6WXY*$JO@AT)r|jQg)n^%NN*)BB#qoLkKv*eCN|OF((xN5SHoy5^z)q;!wh+m3?aTH++s^-%HAl58F1Y8ydb7OVC}U+_|r0FPs7U!^7&<1%z!^wy;w&6jb$+}O35P-
74cqDFP4)pSkhjokLl}8X?1-}wl*bK44N^tIWI2{t0L~=vnA#k`hST!nd}q?Xl$Cj%Q1-
Re@m?xu9Hg!=9W*gUA?E8CMwwLTADNatdeH=VjWG4%&CrMZ~qGMI;(=ixv76ab;@PP&K7w-
pSq~+;10ch6D)f<7HfR_7Fc`j+JIZ?K|8X&#DaOQ>qqL%uFh!~=lfk%nupO`?RX_D3|48RSy;YvUQNHvyC_Dk1@G#{3(ohPn>|10g7MuQeg)kzXL4e4cU5Pn@0Ua6z38CSaP_b0673m
PVy8{{6-h!39Os-Fa=|$<Lb%f*Ge^*s*WLwsFV^T<{(6@4u)N$|3e0tzp?AeL)inm@Sis?#M9nb6e)SEegxQc?vl_74bJ|(TIj1h@ol7n^m0}P;7mvY!G9!8vA0KxtN4$qri*2>M*X|
$nS&NrlZ65VHci{b7MrHA>y`m&A{Y&?XD)`YY|JGhn=d6S!LctkkFPCi|VrL20wqH`~V3X;3ohmed(mO^unm^?8qA*M7><Q<<;sFfUTYuSW@Te`X;~a#)tv#fKTkzZ8L+XN8@V?!njz
R>8M*Qz<?2inh^3Fa{GjttCpRtc0AqD_7%=4`pwuxe{7?$alC$!%PCv|fR>_-yNzilJtEGWCnwf?o<11hIs8TWsRdG$y3e~LuGVCfzdR&1){fq9I*pSX@EAiK{j%%>Ya)!-
3ePi}6L1;eX436=!(OuVzgVu0$db=v0%e~YGcFIUyqBM{%IOg3>^$`X36rN2kA&b#(+>PUQ#zhwI+54kzXuzAy$Ss!<n*>7R%rl%{}FYMIx+Er`WwJG>@_H44#?)}TZ-_FvJA&>Xduq
b(<5wS;_S=+%P<vziqML#O-+KD-X>>1(kf-S~B^H=Y0-~VaKdaMF3e@wl2k5!59n!HS+>hZ^RmSWL5NmraB@!gN#Osx*ZYj|69%k5YmH_PL|kHvR&g{ld^)2ZwN>*-
m3Q9AqUlFHwb(9XdAI;DLO8AqoN!p`~Q@t0HD?O&GYiaGEkshw9GFU#FZwmKyFP1)+4vG8A&ukM~z@(rA!fbT`tx*aj@-To$%)`MT=9-p^*34uFZxA-
W&Bd1)r`aCRBKcCv}j+qJ0ukiFH2M@kXiaS)t`bIsY_qR5@nnow0!R^X(-
Yb&bm&Ty^PF0`%H|D)xS9U&D_tW4P55UnJawb^X@_T#4ACdm#xt|RwwT3;{_Jvn#tl&I)tz&sXwC&EYJgN1(;;j7dqpp~mKCh?khaFB_q&4r=Lb9h?Z4^>?bFPaGmr!y5n}9PK*A?E(
tzIsZH1GM9kL--hUrPsN;0u~P+emk$vLi9bVviv+{L^+P)?BDyYQ=HDL^ewZd69PD6eGl(siBUo>|BBPx!N+H)KcLLDAjk3)ECYf6OLTVRZC8~R?eLJVXL<tu^U+`Xbzmu<}EocMUqf
|ZptM2#TC}s>~->M(GblRyD_I=c?ZAy{SQr@6j2)`9YLV88VWyrMW0U1)ZryAu9lxJvS0D#cfbEB>Znom<EKO2Mg4^S#M^1lWL-
~BH2glE=7Of}Aym<jAbYOMoc5Hr)nWIrH0DRJXNrOZYsVoId#)l*x2K6lo#d3f^-Xl%hJO@gmp*=4MM=sH`NyYe$g*yclaCTID6RUt-
~aEnkv!YS@1u4x`Ct5=9xx$rWzRR6XGZO8H!4}{o$F0!1wnN&{j51I^VetwU^)%G<~$9B4x~9<oFMDBHO>Id=C9vQt#z_Qz4lLO-KBMsKK`7x%aTr;e8RhFuVyIkKvTkjt#eIbPkOu?
j99CH=gbUzsOl&j*^(DdQ2Eb<YVcG5eGuw=eA)TPmbEX%+$Y|3WhJ}^W(t<LOE4#OQEP5hT&ddbnF*^rXp)E{pqZ{dz?^Rm&!QpTLFIwoT%{4~yOt-RIqG6@<XA%eupQ>yYODd-
3#pC)%g#iVV&KovQ^s-@wJ+7#OH38?z->rV*#-
zzA!L6dQ_Y#B&lHd?yc)!b@RW(laDgDC*Bv>*==>(@9=~on6bJeA^^{94xP|h!Ac+>L;tHZIy8B>(JeUI1u0X+y*Sr=&#)ULu+~_>)_y1~Y>>5J-PgolIwEf-
h2Z4C}X<H}VR#L&WY{WY8*P)?NA$C-O?i6<aAS^)0-a@vzav9F-d4i}T4_U|RIKaSH2Soi!WiwCXK?I1m%N~jY-4G*-
S*I*U4kC^B#0cB23{iX*Cp4+HK}GYC{_epXU5XUG%OYhjSRBrUYB?+qtj{_D+!?jyU4ZsJ61am}c&ILHmWz@Zwptfwg6APTb5rn~bD`s$M-?79DEy4zVe-
W&c!5amVUR!b0m1)Sw;ZJq6>&rgnJLb4*kC`iztyNpFnb(5^U2@XF^|H{g)hFzMvWPdn*{)5kn8-6yKNWQ$<L;{4JF+s{O-T0R<mSbyj-RE8PxhEYcvZD@S{%iN1f)^)M>U%CP)lFQl
#0Joue(ydb!+@2lFLnDslT!x%t1Wa`WOLIQK%IxHG;!W?uL*o3k>L;>&FA__aH_$Km>iaFF$ydeO?P;`4oo{vNfZpz2R)l_o&FfB!Uf)<-
Ek6J}ujmEmE<jEi%qzQOMkQg4+LFX$e~E85CdkEn9y{_gkxJZGr?^OsT7^?no|6!i~^`Uge*gQEW5Pf<6uV)&q`-=>|A=JyTHyyTvQTu<bjtA04QhK5~yaMnLK>mQu;56=1rXZ?e-
{;P7<|2dM@|M@=F`mG)LK3MDj@vL>~nR}ddY+V1rSpQ(GKVhs(QOXa-`a2oxcU%WMx%L&#=<DYEW&ynq3i}6z{e!~(L1F)(uwUZd{|C5nvcv
"""
