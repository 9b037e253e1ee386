{#- The middle of an array of numerics, exactly: of an even number the mean of the two middle ones. NULLs are none. -#}
{% macro median_of(values) -%}
    (
        select avg(ranked.number)
        from (
            select
                one.number,
                row_number() over (order by one.number) as place,
                count(*) over () as numbers
            from unnest({{ values }}) as one (number)
            where one.number is not null
        ) as ranked
        where ranked.place in ((ranked.numbers + 1) / 2, (ranked.numbers + 2) / 2)
    )
{%- endmacro %}
